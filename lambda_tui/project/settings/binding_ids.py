"""The ids of the screen's key bindings, which the commands know without the screen."""

from __future__ import annotations

_IDS = """
invoke invoke_async burst qualifier event event_file edit_elsewhere save_event lay_out_event
event_options credentials sync earlier later reuse compare statistics copy_aws copy_line
reinit reinit_all freeze kill tmp search next_match previous_match only_matches follow wrap
log_scope open_source clear_log copy_item copy_all pane_1 pane_2 pane_3 pane_4 pane_5 pane_6 pane_7
pane_8 pane_9 pane_before pane_after tab_before tab_after zoom synth problems back help colon quit
palette suspend
"""

BINDING_IDS = tuple(_IDS.split())
"""The ids in the order of the help; a test compares them with the screen's bindings."""
