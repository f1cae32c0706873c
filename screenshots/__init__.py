"""Makes the pictures of the documents from the application: ``python -m screenshots.make``."""

from __future__ import annotations
