"""The commands that need no screen, one a file: each reads its options and drives the engine."""
