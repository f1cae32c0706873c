from __future__ import annotations


def full_name(first, last):
    return f"{first} {last}"
