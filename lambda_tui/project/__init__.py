"""From files on disk to ``Function`` objects: templates, events, settings, interpreters.

Nothing here runs the user's code, and nothing here raises for the user's mistakes.
"""

from __future__ import annotations
