"""Telemetry for extensions: what they subscribe to, what is kept for them, how it reaches them."""
