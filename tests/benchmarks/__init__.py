"""The costs of lambda-tui beside the floor of the same run: ``python -m tests.benchmarks``."""

from __future__ import annotations
