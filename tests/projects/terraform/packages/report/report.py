from __future__ import annotations

import shared.words


def handler(event, context):
    return shared.words.ALL
