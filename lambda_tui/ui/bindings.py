"""The one table of keys: key bar, palette, help and keymap are made from it."""

from __future__ import annotations

from textual.binding import Binding


def _key(keys: str, action: str, label: str, tooltip: str, id: str, display: str = "") -> Binding:
    return Binding(keys, action, label, tooltip=tooltip, id=id, key_display=display or None)


def _quiet(keys: str, action: str, label: str, tooltip: str, id: str) -> Binding:
    """Return a binding that goes without saying: neither key bar nor help lists it for a pane."""
    return Binding(keys, action, label, tooltip=tooltip, id=id, show=False)


SECTIONS: dict[str, tuple[Binding, ...]] = {
    "Function": (
        _key("i", "invoke", "Invoke", "Invoke it with the event that is shown", "invoke"),
        _key("I", "invoke_asynchronously", "Invoke async", "Queue the event", "invoke_async"),
        _key("b", "burst", "Burst", "Invoke it several times at once", "burst"),
        _key("v", "qualifier", "Version", "Choose the alias or version to invoke", "qualifier"),
        _key("e", "pane('event')", "Event", "Edit the event", "event"),
        _key("E", "event_file", "Choose event", "Take a file or a new event", "event_file"),
        _key("ctrl+o", "edit_elsewhere", "$EDITOR", "Edit it in your editor", "edit_elsewhere"),
        _key("ctrl+s", "save_event", "Save event", "Save the event under a name", "save_event"),
        _key("ctrl+l", "lay_out_event", "Lay out", "Give each value a line", "lay_out_event"),
        _key("ctrl+g", "event_options", "How", "Type, version, client context", "event_options"),
        _key("A", "credentials", "AWS", "Choose whose AWS credentials it gets", "credentials"),
        _key("S", "sync", "Sync", "Install what the function lacks", "sync"),
    ),
    "Invocation": (
        _key("[", "invocation(1)", "Earlier", "Choose the invocation before", "earlier", "["),
        _key("]", "invocation(-1)", "Later", "Choose the invocation after", "later", "]"),
        _key("u", "reuse_event", "Edit, replay", "Edit the event that it was sent", "reuse"),
        _key("equals_sign", "compare", "Compare", "Mark it, then compare another", "compare", "="),
        _key("P", "statistics", "Plot", "Plot latency and memory of the function", "statistics"),
        _key("C", "copy_as('aws')", "Copy as aws", "Copy it as aws lambda invoke", "copy_aws"),
        _key(
            "L", "copy_as('lambda-tui')", "Copy line", "Copy it as lambda-tui invoke", "copy_line"
        ),
    ),
    "Environment": (
        _key("r", "reinitialise", "Re-init", "Replace this environment by a new one", "reinit"),
        _key("R", "reinitialise_all", "Re-init all", "Replace all of the function's", "reinit_all"),
        _key("space", "freeze", "Freeze/thaw", "Freeze it, or thaw it, by hand", "freeze", "space"),
        _key("x", "kill", "Kill", "Kill the runtime: a crash, and a reset", "kill"),
        _key("t", "pane('tmp')", "/tmp", "Look into the environment's /tmp", "tmp"),
    ),
    "Log": (
        _key("/", "search", "Find", "Filter the list, or search the log", "search", "/"),
        _key("n", "match(-1)", "Next", "Go to the next older match", "next_match"),
        _key("N", "match(1)", "Previous", "Go to the next newer match", "previous_match"),
        _key("m", "only_matches", "Only matches", "Hide lines without a match", "only_matches"),
        _key("f", "follow", "Follow", "Stay at the newest line", "follow"),
        _key("w", "wrap", "Wrap", "Fold long lines", "wrap"),
        _key("a", "widen_log", "Scope", "Log of more: the function, then all", "log_scope"),
        _key("o", "open_source", "Source", "Open what the line names in $EDITOR", "open_source"),
        _key("c", "clear_log", "Clear", "Clear the log", "clear_log"),
    ),
    "Copy": (
        _key("y", "copy_item", "Copy", "Copy the line or item under the cursor", "copy_item"),
        _key("Y", "copy_all", "Copy all", "Copy the pane's whole content", "copy_all"),
    ),
    "Screen": (
        _key("1", "pane('functions')", "Functions", "Go to the functions", "pane_1"),
        _key("2", "pane('environments')", "Environments", "Go to the environments", "pane_2"),
        _key("3", "pane('invocations')", "Invocations", "Go to the invocations", "pane_3"),
        _key("4", "pane('log')", "Log", "Go to the log", "pane_4"),
        _key("5", "pane('event')", "Event", "Go to the event", "pane_5"),
        _key("6", "pane('response')", "Response", "Go to the response", "pane_6"),
        _key("7", "pane('tmp')", "/tmp", "Go to the environment's /tmp", "pane_7"),
        _key("8", "pane('init')", "Init", "What the cold start spent its time on", "pane_8"),
        _key("9", "pane('details')", "Details", "Variables, processes, sandbox", "pane_9"),
        _key("left,h", "step_pane(-1)", "Pane before", "Go to the pane before", "pane_before"),
        _key("right,l", "step_pane(1)", "Next pane", "Go to the next pane", "pane_after"),
        _key("comma", "step_tab(-1)", "Tab before", "Go to the tab before", "tab_before", ","),
        _key("full_stop", "step_tab(1)", "Next tab", "Go to the next tab", "tab_after", "."),
        _key("z", "zoom", "Zoom", "Let the pane fill the screen, or end it", "zoom"),
        _key("K", "synthesise", "Synth", "Synthesise the CDK app", "synth"),
        _key("p", "problems", "Problems", "What in the project needs a hand", "problems"),
        _key("escape", "back", "Back", "Out of the editor, the filter, the zoom", "back"),
        _key("question_mark", "help", "Help", "Show all keys and signs", "help", "?"),
        _key("f1", "help", "Help", "Show all keys and signs", "help"),
        _key("colon", "app.command_palette", "Palette", "Every action by name", "colon", ":"),
        _key("q", "quit", "Quit", "End every environment and leave", "quit"),
    ),
}
"""The bindings by the headings of the help."""

BINDINGS: tuple[Binding, ...] = tuple(
    binding for bindings in SECTIONS.values() for binding in bindings
)

_TREE = (
    _quiet("left,h", "fold", "Fold", "Fold it, or go to what it is in", "fold"),
    _quiet("right,l", "unfold", "Unfold", "Unfold it", "unfold"),
)
_TIME = (
    _quiet("plus,equals_sign", "zoom_time(-1)", "Zoom in", "Show less time", "time_zoom_in"),
    _quiet("minus", "zoom_time(1)", "Zoom out", "Show more time", "time_zoom_out"),
    _quiet("0", "follow_time", "Now", "Go back to now", "time_now"),
)

PANE_BINDINGS: dict[str, tuple[Binding, ...]] = {
    "a list": (
        _quiet("up,k", "cursor(-1)", "Up", "Go up", "up"),
        _quiet("down,j", "cursor(1)", "Down", "Go down", "down"),
        _quiet("pageup", "cursor(-10)", "Page up", "Go up by a page", "page_up"),
        _quiet("pagedown", "cursor(10)", "Page down", "Go down by a page", "page_down"),
        _quiet("home,g", "cursor(-1000000)", "First", "Go to the first", "first"),
        _quiet("end,G", "cursor(1000000)", "Last", "Go to the last", "last"),
        _quiet("enter", "choose", "Choose", "Open or choose it", "choose"),
    ),
    "the log": (
        _quiet("up,k", "cursor(-1)", "Up", "Go up", "up"),
        _quiet("down,j", "cursor(1)", "Down", "Go down", "down"),
        _quiet("pageup", "page(-1)", "Page up", "Go up by a page", "page_up"),
        _quiet("pagedown", "page(1)", "Page down", "Go down by a page", "page_down"),
        _quiet("home,g", "first", "First", "Go to the first", "first"),
        _quiet("end,G", "last", "Last", "Go to the last", "last"),
        _quiet("left,h", "scroll_left", "Left", "Show what is left of it", "log_left"),
        _quiet("right,l", "scroll_right", "Right", "Show what is right of it", "log_right"),
        _quiet("enter", "toggle_fold", "Open or fold", "Open the line, or fold it", "log_open"),
    ),
    "the environments": (
        *_TIME,
        _quiet(
            "left,h,shift+left", "scroll_time(-1)", "Earlier", "Go back in time", "time_earlier"
        ),
        _quiet("right,l,shift+right", "scroll_time(1)", "Later", "Go on in time", "time_later"),
    ),
    "the clock over the screen": (
        *_TIME,
        _quiet(
            "left,h", "step_segment(-1)", "Before", "Go to the segment before", "segment_before"
        ),
        _quiet("right,l", "step_segment(1)", "Next", "Go to the next segment", "segment_after"),
        _quiet("shift+left,[", "scroll_time(-1)", "Earlier", "Go back in time", "time_earlier"),
        _quiet("shift+right,]", "scroll_time(1)", "Later", "Go on in time", "time_later"),
    ),
    "the event": (
        Binding(
            "ctrl+j",
            "screen.invoke",
            "Invoke",
            id="invoke_from_editor",
            tooltip="Invoke the function without leaving the editor",
            priority=True,
        ),
    ),
    "the response": (
        _key("V", "next_view", "View", "HTTP, JSON, parts or text", "response_view"),
        _key("o", "open_frame", "Open", "Open it in your editor", "open_frame"),
        _key("slash", "search", "Find", "Find text", "response_find", "/"),
        _key("n", "match(1)", "Next", "Go to the next match", "response_next"),
        _key("N", "match(-1)", "Previous", "To the one before", "response_previous"),
        _key("minus", "fold_all", "Fold", "Fold all", "fold_all", "-"),
        _key("asterisk", "open_all", "Open", "Open all", "open_all", "*"),
    ),
    "the response's tree": _TREE,
    "/tmp": (
        _key("s", "save", "Copy out", "Copy the file to your folder", "tmp_save"),
        _key("d,delete", "delete", "Delete", "Delete it from /tmp", "tmp_delete"),
    ),
    "the tree of /tmp": _TREE,
    "Init": (
        *_TREE,
        _quiet("m", "largest", "Largest", "Go to the next of the largest", "largest"),
    ),
}
"""The bindings of single panes, which go before those of the screen where they have the focus."""

_MAIN = ("invoke", "burst", "event")

PANE_KEYS: dict[str, tuple[str, ...]] = {
    "functions": (*_MAIN, "search", "reinit_all", "qualifier", "event_file", "problems", "zoom"),
    "environments": ("invoke", "freeze", "kill", "reinit", "reinit_all", "tmp", "zoom"),
    "invocations": (
        *("invoke", "reuse", "search", "compare", "statistics", "copy_aws", "earlier", "later"),
        *("copy_item", "copy_line", "zoom"),
    ),
    "log": (
        "invoke",
        "search",
        "follow",
        "wrap",
        "log_scope",
        "clear_log",
        "next_match",
        "only_matches",
        "open_source",
        "copy_item",
        "zoom",
    ),
    "response": (
        "invoke",
        "response_view",
        "response_find",
        "open_frame",
        "copy_item",
        "copy_all",
        "earlier",
        "later",
        "zoom",
    ),
    "tmp": ("invoke", "tmp_save", "tmp_delete", "copy_all", "earlier", "later", "zoom", "reinit"),
    "event": (
        "invoke_from_editor",
        "back",
        "edit_elsewhere",
        "lay_out_event",
        "save_event",
        "event_options",
    ),
    "init": ("invoke", "copy_item", "copy_all", "earlier", "later", "zoom"),
    "details": ("invoke", "copy_item", "copy_all", "reinit", "freeze", "zoom"),
    "log-search": ("back",),
    "function-filter": ("back",),
    "invocation-filter": ("back",),
}
"""The ids of the bindings that the key bar shows for a pane, the most important first."""
