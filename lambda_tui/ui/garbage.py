"""Keeps Python's search for garbage out of the way of keys.

Each line that Textual renders is garbage of the kind that only a search finds, and a search through
everything takes 20 to 50 ms on a busy screen: most often while a key makes new lines.
"""

from __future__ import annotations

import asyncio
import gc


def forget_what_stays() -> None:
    """Has no later search look at what there is by now."""
    gc.freeze()


def put_off_search(seconds: float) -> None:
    """Has no search begin for so long, by which time a key is painted; then it comes by itself."""
    gc.disable()
    asyncio.get_running_loop().call_later(seconds, gc.enable)
