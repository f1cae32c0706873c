from __future__ import annotations


def run(event, context):
    return context.memory_limit_in_mb
