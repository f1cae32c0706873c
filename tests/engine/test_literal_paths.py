"""AWS's literal paths lead to an environment's own places at either level."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Function, Project
from support.node_process import NODE, nodes
from support.workbench import Open, Workbench, file_in, published, response_of

# Both: what leads to the real place at one level is the real place at the other.
pytestmark = pytest.mark.also_on_macos

PYTHON = f"python3.{sys.version_info[1]}"
PYTHON_SOURCE = """
import os, pathlib, shutil, sqlite3, subprocess, sys, tempfile

def handler(event, context):
    if isinstance(event, list):
        for line in event[:-1]:
            exec(line, globals())
        event = event[-1]
    return eval(event)
"""
NODE_SOURCE = """
const fs = require('fs');
const child = require('child_process');
exports.handler = async (event) => eval(event);
"""


async def open_python(open_project: Open, folder: Path, **configuration: Any) -> Workbench:
    return await open_literal(open_project, folder, "app.py", PYTHON_SOURCE, PYTHON, configuration)


async def open_node(open_project: Open, folder: Path, **configuration: Any) -> Workbench:
    return await open_literal(
        open_project, folder, "app.cjs", NODE_SOURCE, "nodejs22.x", configuration
    )


async def open_literal(
    open_project: Open,
    folder: Path,
    name: str,
    source: str,
    runtime: str,
    configuration: dict[str, Any],
    node: Path = NODE,
) -> Workbench:
    """Start the engine on a function in ``folder``/code with a layer in ``folder``/layer."""
    code, layer = folder / "code", folder / "layer"
    for directory in (code, layer / "more", layer / "nodejs"):
        directory.mkdir(parents=True, exist_ok=True)
    (code / name).write_text(source)
    (code / "data.txt").write_text("data")
    (layer / "settings.txt").write_text("of the layer")
    (layer / "more" / "extra.py").write_text("VALUE = 'imported'")
    (layer / "nodejs" / "extra.cjs").write_text("exports.value = 'imported'")
    (layer / "nodejs" / "extra.mjs").write_text("export const value = 'imported'")
    settings = {
        "handler": "app.handler",
        "code_directory": code,
        "layers_directory": layer,
        "runtime": runtime,
        "timeout": 60,
        **configuration,
    }
    project = Project(code, (Function("literal", **settings),))
    return await open_project(project, python=Path(sys.executable), node=node)


def open_here(folder: Path, arguments: str) -> list[Any]:
    """Return what is seen of a file that this very process opens, in another folder."""
    file = eval("open" + arguments.replace("/tmp/", f"{folder}/"))
    kinds = [type(one).__name__ for one in (file, getattr(file, "buffer", None))]
    name = file.name.replace(f"{folder}/", "/tmp/")
    more = [getattr(file, "encoding", None), getattr(file, "line_buffering", None)]
    file.close()
    return [kinds, file.mode, name, *more]


def is_on_the_machine(path: str) -> bool:
    return os.path.lexists(path)


async def error_of(workbench: Workbench, event: object) -> str:
    message: str = response_of(await workbench.invoke(event))["errorMessage"]
    return message


async def test_python_writes_to_the_environments_own_tmp(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_python(open_project, tmp_path)

    assert (
        await workbench.answer(
            ["file = open('/tmp/literal', 'w')", "file.write('text')", "file.close()", "file.name"]
        )
        == "/tmp/literal"
    )
    assert file_in(workbench.environment, "literal").read_text() == "text"
    assert not is_on_the_machine("/tmp/literal")
    assert await workbench.answer("'literal' in os.listdir('/tmp')") is True
    assert await workbench.answer("pathlib.Path('/tmp/literal').resolve().read_text()") == "text"
    entries = "'/tmp/literal' in [entry.path for entry in os.scandir('/tmp')]"
    assert await workbench.answer(entries) is True
    assert await workbench.answer(["os.chdir('/tmp')", "os.getcwd()"]) == "/tmp"


async def test_modules_of_pythons_library_use_it(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_python(open_project, tmp_path)

    assert await workbench.answer("tempfile.gettempdir()") == "/tmp"
    assert await workbench.answer("tempfile.NamedTemporaryFile().name.startswith('/tmp/tmp')")
    database = ["with sqlite3.connect('/tmp/db') as d: d.execute('create table one (two)')"]
    assert await workbench.answer([*database, "os.path.exists('/tmp/db')"]) is True
    listener = ["from multiprocessing.connection import Listener", "listener = Listener('/tmp/l')"]
    assert await workbench.answer([*listener, "os.path.exists('/tmp/l')"]) is True
    tree = ["os.makedirs('/tmp/a/b')", "shutil.copytree('/tmp/a', '/tmp/c')"]
    assert await workbench.answer([*tree, "shutil.rmtree('/tmp/a')", "os.listdir('/tmp/c')"]) == [
        "b"
    ]
    assert file_in(workbench.environment, "db").exists()


async def test_an_error_names_the_path_that_the_function_gave(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_python(open_project, tmp_path)

    message = await error_of(workbench, "open('/tmp/missing')")

    assert message == "[Errno 2] No such file or directory: '/tmp/missing'"
    answer = response_of(await workbench.invoke("open('/tmp/missing')"))
    assert "in handler" in answer["stackTrace"][0]
    # On AWS no frame of the client's is above the function's.
    assert "self._call(" not in str(answer["stackTrace"])


async def test_programs_that_python_starts_use_it_too(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_python(open_project, tmp_path)

    shell = "subprocess.check_output('echo out > /tmp/o; cat /tmp/o', shell=True, text=True)"
    assert await workbench.answer(shell) == "out\n"
    assert file_in(workbench.environment, "o").read_text() == "out\n"
    cat = "subprocess.check_output(['cat', '/opt/settings.txt'], env={}, text=True)"
    assert await workbench.answer(cat) == "of the layer"
    named = ["os.environ['FILE'] = '/tmp/o'", "subprocess.getoutput('cat $FILE')"]
    assert await workbench.answer(named) == "out"


async def test_python_finds_layers_and_code_by_awss_paths(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_python(open_project, tmp_path)

    assert await workbench.answer("open('/opt/settings.txt').read()") == "of the layer"
    assert await workbench.answer("open(b'/var/task/data.txt').read()") == "data"
    imported = ["sys.path.append('/opt/more')", "import extra", "extra.VALUE"]
    assert await workbench.answer(imported) == "imported"


async def test_restored_environments_have_a_tmp_each(open_project: Open, tmp_path: Path) -> None:
    source = "import time\nopen('/tmp/of-init', 'w').write('init')\n" + PYTHON_SOURCE
    workbench = await open_literal(
        open_project, tmp_path, "app.py", source, PYTHON, {"snap_start": True, **published()}
    )
    event = (
        b"\"[time.sleep(0.3), open('/tmp/own', 'x').close(), os.listdir('/tmp'), "
        b'tempfile.gettempdir()][2:]"'
    )
    calls = [workbench.call(event) for _ in range(2)]
    for call in calls:
        await call.wait()

    answers = [response_of(call) for call in calls]
    assert all({"of-init", "own"} <= set(names) and tmp == "/tmp" for names, tmp in answers)


async def test_no_home_directory_of_the_users_is_read(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_python(open_project, tmp_path)

    assert await workbench.answer("os.path.expanduser('~/.aws')") == "/home/sbx_user1051/.aws"
    assert await workbench.answer("'TMPDIR' in os.environ or 'HOME' in os.environ") is False


async def test_what_cannot_be_redirected_is_told_once(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    workbench = await open_python(open_project, tmp_path)
    told = "literal opened /tmp/lambda-tui-none in a way"
    opened = "__import__('io').FileIO('/tmp/lambda-tui-none', 'r')"
    for _ in range(2):
        assert "No such file" in await error_of(workbench, opened)

    notices = [one.message for one in workbench.records(events.Notice)]
    expected = [told] if level == "processes" else []
    assert [message[: len(told)] for message in notices] == expected


async def test_a_program_that_has_a_file_of_the_machines_tmp_open_is_told(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    workbench = await open_python(open_project, tmp_path)
    with tempfile.NamedTemporaryFile(dir="/tmp", prefix="lambda-tui-test-of-paths") as machines:
        # The path is put together by the program itself.
        script = f"sleep 30 3< /$0/{Path(machines.name).name} || sleep 30"
        await workbench.answer(f"subprocess.Popen(['sh', '-c', {script!r}, 'tmp']).args[0]")

        if level == "namespaces":
            await workbench.until(lambda: workbench.environment.usage.processes > 1)
            assert workbench.records(events.Notice) == []
            return
        await workbench.until(lambda: workbench.records(events.Notice))
    (notice,) = workbench.records(events.Notice)
    assert machines.name in notice.message


async def test_a_tmp_beyond_its_size_is_told(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    workbench = await open_python(open_project, tmp_path, ephemeral_storage=1)
    write = "subprocess.getoutput('head -c 3145728 /dev/zero > /tmp/large; stat -c %s /tmp/large')"
    if level == "namespaces":
        assert "No space left on device" in await workbench.answer(write)
        return
    assert await workbench.answer(write) == "3145728"
    await workbench.until(lambda: workbench.records(events.Notice))
    (notice,) = workbench.records(events.Notice)
    assert notice.message.startswith("literal has more than its 1 MB in /tmp")
    # It is full for what can be held back.
    assert "No space left on device" in await error_of(workbench, WRITE_MUCH)


WRITE_MUCH = "open('/tmp/much', 'wb').write(bytes(3 << 20))"
FILLS = [
    WRITE_MUCH,
    "pathlib.Path('/tmp/much').write_text('x' * (3 << 20))",
    "open('/tmp/much', 'w+b', buffering=0).write(bytes(1 << 20)) and "
    "open('/tmp/much', 'ab', buffering=0).write(bytes(1 << 20))",
    "[pathlib.Path(f'/tmp/{number}').write_text('x') for number in range(300)]",
    "shutil.copyfile('/opt/large', '/tmp/much')",
    "shutil.copyfileobj(open('/opt/large', 'rb'), held := tempfile.TemporaryFile('wb', 0))",
    "tempfile.NamedTemporaryFile(delete=False).write(bytes(3 << 20))",
    [
        "descriptor = os.open('/tmp/much', os.O_CREAT | os.O_WRONLY)",
        "try: [os.write(descriptor, bytes(1 << 20)) for _ in 'ab']\nfinally: os.close(descriptor)",
        "None",
    ],
    "os.fdopen(tempfile.mkstemp()[0], 'w').write('x' * (3 << 20))",
]


@pytest.mark.rule("8.3.2")
@pytest.mark.parametrize("fill", FILLS)
async def test_python_meets_the_end_of_a_full_tmp(
    open_project: Open, tmp_path: Path, fill: str | list[str]
) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "large").write_bytes(bytes(3 << 20))
    workbench = await open_python(open_project, tmp_path, ephemeral_storage=1)

    answer = response_of(await workbench.invoke(fill))

    assert answer["errorType"] == "OSError"
    assert answer["errorMessage"].startswith("[Errno 28] No space left on device")
    assert "/runtime" not in str(answer["stackTrace"])
    used = "sum(os.lstat(f'/tmp/{name}').st_blocks for name in os.listdir('/tmp')) * 512"
    if "TemporaryFile('wb'" not in str(fill):
        assert 0.8 * (1 << 20) < await workbench.answer(used) <= 1 << 20
    # Removed files make room again.
    again = [
        "for name in os.listdir('/tmp'): os.unlink('/tmp/' + name)",
        "file = open('/tmp/again', 'w+')",
        "file.write('x' * 500_000)",
        "file.seek(0)",
        "file.read() == 'x' * 500_000",
    ]
    assert await workbench.answer(again) is True


async def test_what_is_there_can_be_overwritten_in_a_full_tmp(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_python(open_project, tmp_path, ephemeral_storage=1)
    await workbench.invoke(WRITE_MUCH)

    overwritten = [
        "file = open('/tmp/much', 'r+b', buffering=0)",
        "file.write(b'overwritten')",
        "[file.seek(0), file.read(11).decode(), file.name][1:]",
    ]

    assert await workbench.answer(overwritten) == ["overwritten", "/tmp/much"]


async def test_files_are_opened_as_ever(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_python(open_project, tmp_path)
    opened = [
        "('/tmp/a', 'wb')",
        "('/tmp/a', 'wb', 0)",
        "('/tmp/a', 'r+b')",
        "('/tmp/a', 'w')",
        "('/tmp/a', 'a+', 1, 'latin-1', 'replace', '')",
        "('/tmp/a', 'w', 100)",
    ]
    for arguments in opened:
        kinds = "[type(one).__name__ for one in (file, getattr(file, 'buffer', None))]"
        details = "[getattr(file, name, None) for name in ('encoding', 'line_buffering')]"
        line = f"[{kinds}, file.mode, file.name, *{details}]"
        seen = await workbench.answer([f"file = open{arguments}", line])
        expected = open_here(tmp_path, arguments)
        assert seen == expected, arguments
    for arguments in ("('/tmp/a', 'wx')", "('/tmp/a', 'bt')", "('/tmp/a', 'wb', encoding='utf-8')"):
        assert response_of(await workbench.invoke(f"open{arguments}"))["errorType"] == "ValueError"
    assert await workbench.answer("repr(open)") == "<built-in function open>"


async def test_nodejs_uses_the_environments_own_places(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_node(open_project, tmp_path)

    assert await workbench.answer("fs.writeFileSync('/tmp/literal', 'text')") is None
    assert file_in(workbench.environment, "literal").read_text() == "text"
    assert not is_on_the_machine("/tmp/literal")
    promised = "fs.promises.readFile('/tmp/literal', 'utf8')"
    assert await workbench.answer(promised) == "text"
    stream = "fs.createReadStream('/tmp/literal', 'utf8').toArray()"
    assert await workbench.answer(stream) == ["text"]
    assert await workbench.answer("fs.realpathSync(fs.mkdtempSync('/tmp/made-')).slice(0, 10)") == (
        "/tmp/made-"
    )
    assert await workbench.answer("[process.chdir('/tmp'), process.cwd()][1]") == "/tmp"
    assert await workbench.answer("require('os').tmpdir()") == "/tmp"
    assert await workbench.answer("require('os').homedir()") == "/home/sbx_user1051"


async def test_programs_that_nodejs_starts_use_them_too(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_node(open_project, tmp_path)

    shell = "child.execSync('echo out > /tmp/o; cat /tmp/o').toString()"
    assert await workbench.answer(shell) == "out\n"
    cat = (
        "require('util').promisify(child.execFile)('cat', ['/opt/settings.txt'], {env: {}})"
        ".then((done) => done.stdout)"
    )
    assert await workbench.answer(cat) == "of the layer"
    assert await workbench.answer("child.execFileSync('cat', ['/tmp/o']).toString()") == "out\n"


async def test_nodejs_loads_modules_by_awss_paths(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_node(open_project, tmp_path)

    assert await workbench.answer("require('/opt/nodejs/extra.cjs').value") == "imported"
    loaded = "import('/opt/nodejs/extra.mjs').then((module) => module.value)"
    assert await workbench.answer(loaded) == "imported"
    assert await workbench.answer("fs.readFileSync('/var/task/data.txt', 'utf8')") == "data"


async def test_an_error_of_nodejs_names_the_path_that_the_function_gave(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_node(open_project, tmp_path)

    for call in ("fs.readFileSync('/tmp/missing')", "fs.promises.readFile('/tmp/missing')"):
        assert await error_of(workbench, call) == (
            "ENOENT: no such file or directory, open '/tmp/missing'"
        )


NODE_FILLS = [
    "fs.writeFileSync('/tmp/much', Buffer.alloc(3 << 20))",
    "fs.promises.writeFile('/tmp/much', 'x'.repeat(3 << 20))",
    "require('util').promisify(fs.writeFile)('/tmp/much', Buffer.alloc(3 << 20))",
    "(async () => { for (;;) await fs.promises.appendFile('/tmp/much', 'x'.repeat(1 << 18)); })()",
    "(() => { for (;;) fs.appendFileSync('/tmp/much', 'x'.repeat(1 << 18)); })()",
    "(() => { for (let n = 0; ; n++) fs.writeFileSync(`/tmp/${n}`, 'x'); })()",
    "(() => { const file = fs.openSync('/tmp/much', 'w'); "
    "try { for (;;) fs.writeSync(file, 'x'.repeat(1 << 18)); } "
    "finally { fs.closeSync(file); } })()",
    "(async () => { const file = await fs.promises.open('/tmp/much', 'w'); "
    "try { for (;;) await file.write(Buffer.alloc(1 << 18)); } "
    "finally { await file.close(); } })()",
    "require('stream/promises').pipeline(fs.createReadStream('/opt/large'), "
    "fs.createWriteStream('/tmp/much'))",
    "require('stream/promises').pipeline([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)], "
    "fs.createWriteStream('/tmp/much'))",
]


@pytest.mark.rule("8.3.2")
@pytest.mark.parametrize("fill", NODE_FILLS)
async def test_nodejs_meets_the_end_of_a_full_tmp(
    open_project: Open, tmp_path: Path, fill: str
) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "large").write_bytes(bytes(3 << 20))
    workbench = await open_node(open_project, tmp_path, ephemeral_storage=1)

    message = await error_of(workbench, fill)

    assert message == "ENOSPC: no space left on device, write"
    used = (
        "fs.readdirSync('/tmp').map((name) => fs.lstatSync('/tmp/' + name).blocks * 512)"
        ".reduce((sum, one) => sum + one, 0)"
    )
    assert 0.7 * (1 << 20) < await workbench.answer(used) <= 1 << 20
    # Removed files make room again.
    again = (
        "fs.readdirSync('/tmp').map((name) => fs.unlinkSync('/tmp/' + name)), "
        "fs.writeFileSync('/tmp/again', 'x'.repeat(500000)), fs.readFileSync('/tmp/again').length"
    )
    assert await workbench.answer(again) == 500_000


async def test_a_copy_that_does_not_fit_fails_in_nodejs(open_project: Open, tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "large").write_bytes(bytes(3 << 20))
    workbench = await open_node(open_project, tmp_path, ephemeral_storage=1)

    for copy in ("fs.copyFileSync", "fs.promises.copyFile"):
        message = await error_of(workbench, f"{copy}('/opt/large', '/tmp/much')")
        assert message.startswith("ENOSPC: no space left on device, copyfile")


NODE_PATHS = """
const fs = require('fs');
exports.handler = async () => {
  fs.writeFileSync('/tmp/text', 'text');
  fs.mkdirSync('/tmp/folder/deep', { recursive: true });
  await fs.promises.writeFile('/tmp/folder/more', 'more');
  await require('stream/promises').pipeline(
    fs.createReadStream('/tmp/folder/more'), fs.createWriteStream('/tmp/stream'));
  const full = await fs.promises
    .writeFile('/tmp/large', 'x'.repeat(3 << 20))
    .catch((error) => error.code);
  fs.unlinkSync('/tmp/large');
  process.chdir('/tmp/folder');
  return {
    names: fs.readdirSync('/tmp').sort(),
    stream: fs.readFileSync('/tmp/stream', 'utf8'),
    folders: fs.readdirSync('/tmp', { withFileTypes: true }).filter((one) => one.isDirectory())
      .length,
    own: fs.existsSync('/var/task/app.cjs'),
    layer: require('/opt/nodejs/extra.cjs').value,
    // Node.js 16 has no hooks for ES modules.
    module: require('module').register ? (await import('/opt/nodejs/extra.mjs')).value : 'imported',
    shell: require('child_process').execSync('cat /tmp/text').toString(),
    real: fs.realpathSync('/tmp/text'),
    folder: process.cwd(),
    full,
  };
};
"""


@pytest.mark.parametrize("level", ["processes"])
@pytest.mark.parametrize("node", nodes(), ids=str)
async def test_every_nodejs_at_hand_uses_the_environments_own_places(
    open_project: Open, tmp_path: Path, node: Path
) -> None:
    workbench = await open_literal(
        open_project,
        tmp_path,
        "app.cjs",
        NODE_PATHS,
        "nodejs22.x",
        {"ephemeral_storage": 1},
        node=node,
    )

    assert await workbench.answer() == {
        "names": ["folder", "stream", "text"],
        "stream": "more",
        "folders": 1,
        "own": True,
        "layer": "imported",
        "module": "imported",
        "shell": "text",
        "real": "/tmp/text",
        "folder": "/tmp/folder",
        "full": "ENOSPC",
    }
