"""The ids of the screen's key bindings, which the commands know without the screen."""

from __future__ import annotations

_IDS = """
invoke invoke_async burst qualifier event event_file edit_elsewhere save_event lay_out_event
event_options credentials sync earlier later reuse compare statistics copy_aws copy_line
reinit reinit_all freeze kill tmp search next_match previous_match only_matches follow wrap
log_scope open_source clear_log copy_item copy_all pane_1 pane_2 pane_3 pane_4 pane_5 pane_6 pane_7
pane_8 pane_9 pane_before pane_after tab_before tab_after zoom synth problems back help colon quit
palette suspend up down page_up page_down first last choose log_left log_right log_open
time_zoom_in time_zoom_out time_now time_earlier time_later segment_before segment_after
invoke_from_editor response_view open_frame response_find response_next response_previous fold_all
open_all fold unfold tmp_save tmp_delete largest
"""

BINDING_IDS = tuple(_IDS.split())
"""The ids in the order of the help; a test compares them with the screen's bindings."""
