"""The prices, which take a moment to load."""

import csv
import decimal
import email.message
import sqlite3
import time

PRICES = {"lamp": 30, "desk": 240, "chair": 90}
time.sleep(0.08)


def total(items):
    """Return the sum of the prices."""
    return float(sum(decimal.Decimal(PRICES[item]) for item in items))
