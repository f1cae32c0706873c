"""The ids of the screen's key bindings, which the commands know without the screen."""

from __future__ import annotations

_IDS = """
invoke burst qualifier event install_sdk event_file earlier later reinit reinit_all freeze kill
tmp search next_match previous_match only_matches follow wrap all_functions clear_log copy_item
copy_all pane_1 pane_2 pane_3 pane_4 pane_5 pane_before pane_after zoom problems back help colon
quit palette suspend
"""

BINDING_IDS = tuple(_IDS.split())
"""The ids in the order of the help; a test compares them with the screen's bindings."""
