from __future__ import annotations

import colours


def handler(event, context):
    return colours.NAMES


def goodbye(event, context):
    return "goodbye"
