"""Fails at its import."""

import stripe_of_old


def handler(event, context):
    """Charge a card."""
    return stripe_of_old.charge(event)
