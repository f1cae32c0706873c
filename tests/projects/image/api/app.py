from __future__ import annotations

import os
from pathlib import Path

from lib.words import TITLE


def handler(event, context):
    names = Path("data/names.txt").read_text().split()
    return [TITLE, names, os.environ["STAGE"], os.environ["GREETING"], sorted(os.listdir())]
