"""Every Python that this machine has and AWS has runs functions, with nothing installed in it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from lambda_tui.engine.events import InitProfile
from support.workbench import Open, response_of

SUPPORTED = tuple(f"3.{minor}" for minor in range(8, 15))


def found_interpreters() -> dict[str, Path]:
    """Return one executable for each supported version that is found, by version."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": Path(sys.executable)}
    for executable in Path.home().glob(".pyenv/versions/*/bin/python"):
        version = re.match(r"3\.\d+", executable.parent.parent.name)
        if version and version[0] in SUPPORTED:
            found.setdefault(version[0], executable)
    for folder in map(Path, os.get_exec_path()):
        for version_text in SUPPORTED:
            executable = folder / f"python{version_text}"
            if folder.name != "shims" and executable.is_file():
                found.setdefault(version_text, executable)
    return dict(sorted(found.items(), key=lambda item: SUPPORTED.index(item[0])))


INTERPRETERS = found_interpreters()

FUNCTION = """
import decimal, logging, os, sys, tempfile
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    if event == "raise":
        raise LookupError("nothing there")
    if event == "exit":
        os._exit(9)
    logging.warning("tea\\nand milk")
    return {
        "version": list(sys.version_info[:2]),
        "count": count,
        "price": decimal.Decimal("1.10"),
        "remaining": context.get_remaining_time_in_millis() > 0,
        "temporary": os.path.isdir(tempfile.gettempdir()),
        "ours": [name for name in sys.modules if name.startswith(("_lambda", "msgpack"))],
    }
"""


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_a_function_runs_on_every_interpreter_that_is_found(
    open_project: Open, version: str
) -> None:
    workbench = await open_project(
        FUNCTION, python=INTERPRETERS[version], runtime=f"python{version}"
    )
    for count in (1, 2):
        invocation = await workbench.invoke()
        assert response_of(invocation) == {
            "version": [int(part) for part in version.split(".")],
            "count": count,
            "price": 1.1,
            "remaining": True,
            "temporary": True,
            "ours": [],
        }
        await workbench.until_frozen()
    raised = response_of(await workbench.invoke("raise"))
    assert (raised["errorType"], raised["errorMessage"]) == ("LookupError", "nothing there")
    assert len(raised["stackTrace"]) == 1
    assert ("requestId" in raised) == (version != "3.8")
    ended = response_of(await workbench.invoke("exit"))
    assert ended["errorMessage"].endswith("exit status 9")
    assert (await workbench.answer())["count"] == 1
    assert workbench.pool.runtime_version is not None
    assert workbench.pool.runtime_version.startswith(version + ".")
    assert workbench.pool.version_mismatch is None


@pytest.mark.parametrize("runtime", ["python2.7", "python3.7"])
async def test_a_function_of_a_retired_runtime_runs_on_a_later_python(
    open_project: Open, runtime: str
) -> None:
    workbench = await open_project(FUNCTION, runtime=runtime)

    assert (await workbench.answer())["count"] == 1
    assert workbench.pool.version_mismatch is not None
    assert workbench.pool.version_mismatch.endswith(f"but Runtime names {runtime}")


IMPORTS = """
import below
def lambda_handler(event, context):
    machinery = __import__("importlib._bootstrap")._bootstrap
    return machinery._ModuleLockManager.__enter__.__code__.co_firstlineno
"""


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_imports_are_timed_on_every_interpreter_and_nothing_of_that_is_left(
    open_project: Open, version: str
) -> None:
    lines = []
    for profiles_init in (True, False):
        workbench = await open_project(
            IMPORTS,
            python=INTERPRETERS[version],
            runtime=f"python{version}",
            profiles_init=profiles_init,
        )
        workbench.write("import time\ntime.sleep(0.01)\n", "below.py")
        lines.append(await workbench.answer())
        profiles = workbench.records(InitProfile)
        assert [[one.name for one in profile.modules if one.line == 2] for profile in profiles] == (
            [["below"]] if profiles_init else []
        )

    assert lines[0] == lines[1]


PLACES = """
import json, subprocess, sys, threading
def lambda_handler(event, context):
    if event == "raise":
        json.loads("{")
    thread = threading.Thread(target=json.loads, args=("{",))
    thread.start()
    thread.join()
    asked = "import sys; print(list(sys.version_info[:2]))"
    return {
        "program": sys.executable,
        "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}),
        "started": json.loads(subprocess.check_output([sys.executable, "-c", asked])),
    }
"""


@pytest.mark.parametrize("level", ["namespaces"])
@pytest.mark.parametrize("version", INTERPRETERS)
async def test_every_interpreter_is_at_awss_place(open_project: Open, version: str) -> None:
    workbench = await open_project(PLACES, python=INTERPRETERS[version])

    assert await workbench.answer() == {
        "program": f"/var/lang/bin/python{version}",
        "prefixes": ["/var/lang"],
        "started": [int(part) for part in version.split(".")],
    }
    _own, *library = response_of(await workbench.invoke("raise"))["stackTrace"]
    assert len(library) == 3
    place = f'  File "/var/lang/lib/python{version}/'
    assert all(entry.startswith(f"{place}json/") for entry in library)
    assert f'{place}threading.py", line ' in "\n".join(workbench.log())


PATHS = """
import errno, io, os, pathlib, shutil, sqlite3, subprocess, sys, tempfile
def fails(number, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return error.errno == number and "/lambda-tui-" not in str(error)
def lambda_handler(event, context):
    with open("/tmp/text", "w") as file:
        file.write("text")
    with sqlite3.connect("/tmp/database") as database:
        database.execute("create table one (two)")
    pathlib.Path("/tmp/folder").mkdir()
    pathlib.Path("/tmp/folder/more").write_bytes(b"more")
    shutil.copytree("/tmp/folder", "/tmp/copy")
    os.chdir("/tmp/copy")
    with tempfile.TemporaryDirectory() as folder:
        temporary = folder[:8]
    return {
        "names": sorted(os.listdir("/tmp")),
        "walked": sorted(sum((names for _, _, names in os.walk("/tmp")), [])),
        "own": pathlib.Path("/var/task/lambda_function.py").exists(),
        "read": pathlib.Path("/tmp/text").read_text(),
        "resolved": str(pathlib.Path("/tmp/text").resolve()),
        "matched": [str(path) for path in pathlib.Path("/tmp").glob("copy/*")],
        "shell": subprocess.check_output("cat /tmp/text", shell=True).decode(),
        "folder": os.getcwd(),
        "temporary": temporary,
        "kind": type(open("/tmp/text", "a")).__name__,
        "missing": fails(errno.ENOENT, open, "/tmp/none"),
        "full": fails(errno.ENOSPC, pathlib.Path("/tmp/large").write_bytes, bytes(3 << 20)),
    }
"""


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_awss_paths_lead_to_the_environments_own_places_on_every_interpreter(
    open_project: Open, version: str
) -> None:
    workbench = await open_project(PATHS, python=INTERPRETERS[version], ephemeral_storage=1)

    assert await workbench.answer() == {
        "names": ["copy", "database", "folder", "text"],
        "walked": ["database", "more", "more", "text"],
        "own": True,
        "read": "text",
        "resolved": "/tmp/text",
        "matched": ["/tmp/copy/more"],
        "shell": "text",
        "folder": "/tmp/copy",
        "temporary": "/tmp/tmp",
        "kind": "TextIOWrapper",
        "missing": True,
        "full": True,
    }


async def test_another_version_than_runtime_names_is_told(open_project: Open) -> None:
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    named = "3.9" if running != "3.9" else "3.10"
    workbench = await open_project(FUNCTION, python=Path(sys.executable), runtime=f"python{named}")
    await workbench.invoke()
    mismatch = workbench.pool.version_mismatch
    assert mismatch is not None
    assert running in mismatch
    assert f"python{named}" in mismatch
