"""Lambda's runtime identifiers, and which of them lambda-tui supports."""

from __future__ import annotations

import difflib
import re
from typing import Literal

from lambda_tui.project.wording import shown

PYTHON_RUNTIMES = tuple(f"python3.{minor}" for minor in range(8, 15))
"""The supported Python runtimes, oldest first."""
NODE_RUNTIMES = tuple(f"nodejs{major}.x" for major in range(16, 27, 2))
"""The supported Node.js runtimes, oldest first."""

Language = Literal["python", "node"]
LANGUAGE_NAMES: dict[Language, str] = {"python": "Python", "node": "Node.js"}

OS_ONLY_RUNTIMES = ("provided", "provided.al2", "provided.al2023")
"""AWS's OS-only runtimes, which run the function's own ``bootstrap``, oldest first."""

_ENDS_OF_SUPPORT = {
    "python2.7": "15 July 2021",
    "python3.6": "18 July 2022",
    "python3.7": "4 December 2023",
    "python3.8": "14 October 2024",
    "python3.9": "15 December 2025",
    "python3.10": "31 October 2026",
    "nodejs": "31 October 2016",
    "nodejs4.3": "5 March 2020",
    "nodejs4.3-edge": "30 April 2019",
    "nodejs6.10": "12 August 2019",
    "nodejs8.10": "6 March 2020",
    "nodejs10.x": "30 July 2021",
    "nodejs12.x": "31 March 2023",
    "nodejs14.x": "4 December 2023",
    "nodejs16.x": "12 June 2024",
    "nodejs18.x": "1 September 2025",
    "nodejs20.x": "30 April 2026",
    "provided": "8 January 2024",
    "provided.al2": "31 July 2026",
}
"""The dates of AWS's documentation, in its table of runtimes."""
_ENDS_OF_OTHERS = {
    "dotnetcore1.0": "27 June 2019",
    "dotnetcore2.0": "30 May 2019",
    "dotnetcore2.1": "5 January 2022",
    "dotnetcore3.1": "3 April 2023",
    "dotnet6": "20 December 2024",
    "go1.x": "8 January 2024",
    "java8": "8 January 2024",
    "ruby2.5": "30 July 2021",
    "ruby2.7": "7 December 2023",
}
"""The dates for runtimes that there is nothing for here."""
_LATER: dict[Language, str] = {"python": "python3.13", "node": "nodejs24.x"}

_OTHERS = {
    "Java": re.compile(r"java\d{1,2}(\.al2)?"),
    ".NET": re.compile(r"dotnet(core)?\d{1,2}(\.\d)?"),
    "Ruby": re.compile(r"ruby\d\.\d"),
    "Go": re.compile(r"go1\.x"),
    # A plugin of the Serverless Framework calls it so; Lambda has no such runtime.
    "Rust": re.compile(r"rust"),
}
"""The forms of AWS's runtimes for other languages, earlier and later ones included."""
_REMEDIES = {
    "Java": (
        "name its client of the Runtime API with the setting bootstrap, such as bootstrap = "
        '["java", "-cp", "target/classes:target/dependency/*", '
        '"com.amazonaws.services.lambda.runtime.api.client.AWSLambda"]'
    ),
    ".NET": (
        "publish it for provided.al2023 as a program named bootstrap, with "
        "Amazon.Lambda.RuntimeSupport"
    ),
    "Ruby": (
        "name its client of the Runtime API with the setting bootstrap, such as bootstrap = "
        '["aws_lambda_ric"]'
    ),
    "Rust": (
        "let Runtime be provided.al2023, and run `cargo lambda build --release` where its code is"
    ),
    "Go": (
        "let Runtime be provided.al2023, and run `go build -tags lambda.norpc -o bootstrap .` "
        "where its code is"
    ),
}
"""The steps that let a function in another language run here."""
_OTHER_VERSIONS = re.compile(
    r"python3\.(1[5-9]|[2-9]\d)|nodejs(2[7-9]|[3-9]\d)\.x|provided\.al20\d\d"
)
"""The forms of runtimes that AWS may have by now."""


def language_of(runtime: str | None) -> Language | None:
    """Return the language of a runtime; None for another language, or when none is named."""
    if runtime is None:
        return None
    if runtime.startswith("nodejs"):
        return "node"
    return "python" if runtime.startswith("python") else None


def runtime_of(language: Language, version: str | None) -> str:
    """Return AWS's identifier for a version of a language, such as 3.11.7 or 22.20.0."""
    if language == "node":
        return f"nodejs{(version or '').partition('.')[0]}.x"
    return "python" + (".".join(version.split(".")[:2]) if version else "3")


def end_of_support(runtime: str) -> str | None:
    """Return one sentence when AWS has ended its support of a runtime; else None."""
    end = _ENDS_OF_SUPPORT.get(runtime)
    if end is None:
        return None
    language = language_of(runtime)
    later = _LATER[language] if language is not None else OS_ONLY_RUNTIMES[-1]
    return f"Lambda's support of {runtime} ended on {end}; name a later one, such as {later}."


def runtime_refusal(runtime: str) -> str | None:
    """Return one sentence on why a function cannot have this runtime; None when it can.

    It can have one that AWS has retired, and one that nothing runs here.
    """
    known = (*PYTHON_RUNTIMES, *NODE_RUNTIMES, *OS_ONLY_RUNTIMES)
    if runtime in known or runtime in _ENDS_OF_SUPPORT or other_language(runtime) is not None:
        return None
    supported = (
        f"{PYTHON_RUNTIMES[0]} to {PYTHON_RUNTIMES[-1]}, {NODE_RUNTIMES[0]} to "
        f"{NODE_RUNTIMES[-1]}, {', '.join(OS_ONLY_RUNTIMES[:-1])} and {OS_ONLY_RUNTIMES[-1]}"
    )
    if _OTHER_VERSIONS.fullmatch(runtime):
        return f"Runtime {shown(runtime)} is not supported yet; {supported} are."
    near = difflib.get_close_matches(runtime[:40], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"{supported} are supported."
    return f"Runtime {shown(runtime)} is unknown to Lambda; {hint}"


def other_language(runtime: str) -> str | None:
    """Return the language of a runtime that nothing runs here; None for any other runtime."""
    return next((name for name, form in _OTHERS.items() if form.fullmatch(runtime)), None)


def runtime_obstacle(runtime: str) -> str | None:
    """Return one sentence on why a runtime of AWS's does not run here; None where it does."""
    language = other_language(runtime)
    if language is None:
        return None
    end = _ENDS_OF_OTHERS.get(runtime)
    ended = "" if end is None else f", and Lambda's support of it ended on {end}"
    remedy = _REMEDIES[language]
    return f"Runtime {runtime} is for {language}, which does not run here{ended}; {remedy}."
