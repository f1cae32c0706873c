"""The cost of lambda-tui beside a floor of the same run: ``python -m tests.benchmarks``."""

from __future__ import annotations
