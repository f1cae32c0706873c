from __future__ import annotations

import os

import colours


def handler(event, context):
    names = ("STAGE", "TABLE", "GREETING", "FROM_DOTENV", "IS_FAST")
    return {
        "name": context.function_name,
        "colour": colours.COLOUR,
        **{name: os.environ[name] for name in names if name in os.environ},
    }
