"""lambda-tui as a program that, on SIGUSR1, writes how many objects of each type it has.

Python finds the package and this module by ``PYTHONPATH``. The file that is written is named by
``MEASURES``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

from lambda_tui.__main__ import main


def write_measures(_number: int, _frame: object) -> None:
    gc.collect()
    counts = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    place = Path(os.environ["MEASURES"])
    draft = place.with_suffix(".draft")
    draft.write_text(json.dumps(counts))
    draft.replace(place)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, write_measures)
    sys.exit(main())
