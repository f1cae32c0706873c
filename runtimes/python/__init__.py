"""The Python runtime: gives a handler what AWS's own Python runtime gives it."""
