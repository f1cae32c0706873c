"""The rules of AWS Lambda that the life cycle is built to, and the test that proves each.

Sections: 1 life cycle, 2 Runtime API, 3 extensions, 4 telemetry, 5 log lines, 6 errors,
8.1 variables, 8.2 layers and wrappers, 8.3 file system, 8.4 context, 9 limits.
"""

from __future__ import annotations

from rules.errors import ERRORS
from rules.extensions_api import EXTENSIONS_API
from rules.life_cycle import LIFE_CYCLE
from rules.log_lines import LOG_LINES
from rules.runtime_api import RUNTIME_API, RUNTIMES
from rules.surroundings import ENVIRONMENT, LAYERS, LIMITS
from rules.telemetry_api import TELEMETRY_API

SECTIONS = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8"),
    *("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8"),
    *("3.1", "3.2", "3.3", "3.4", "3.5"),
    *("4.1", "4.2", "4.3", "4.4"),
    *("5.1", "5.2", "5.3", "5.4", "5.5", "5.6"),
    *("6.1", "6.2", "6.3", "8.1", "8.2", "8.3", "8.4", "9"),
)

RULES = (
    *LIFE_CYCLE,
    *RUNTIME_API,
    *EXTENSIONS_API,
    *TELEMETRY_API,
    *LOG_LINES,
    *ERRORS,
    *RUNTIMES,
    *LAYERS,
    *ENVIRONMENT,
    *LIMITS,
)
