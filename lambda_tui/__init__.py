"""A small AWS Lambda on the developer's machine, with its execution environments on the screen."""

from __future__ import annotations

__version__ = "0.1.0"
