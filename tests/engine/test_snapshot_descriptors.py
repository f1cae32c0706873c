"""Descriptors that are open in a snapshot: a restored environment has its own of some, or none."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from support import SECONDS
from support.workbench import Open, Workbench, response_of


async def answers_of_two(workbench: Workbench, event: object = None) -> list[object]:
    """Return the answers of two environments that serve at the same time."""
    payload = str(event).encode() if event is not None else b"null"
    invocations = [workbench.call(payload) for _ in range(2)]
    await asyncio.gather(*(invocation.wait() for invocation in invocations))
    assert len(workbench.pool.environments) == 2
    return [response_of(invocation) for invocation in invocations]


@pytest.mark.also_on_macos
async def test_a_file_is_read_on_from_where_it_was_in_each_environment(open_project: Open) -> None:
    source = """
import os, time
path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "lines")
with open(path, "w") as file:
    file.write("one two three")
descriptor = os.open(path, os.O_RDWR)
code = os.open(__file__, os.O_RDONLY)
os.read(descriptor, 4)
def lambda_handler(event, context):
    time.sleep(0.2)
    word = os.read(descriptor, 3).decode()
    os.write(descriptor, b"!")
    return [word, os.lseek(code, 0, os.SEEK_CUR), len(os.read(code, 5))]
"""
    workbench = await open_project(source, snap_start=True)

    assert await answers_of_two(workbench) == [["two", 0, 5]] * 2

    for environment in workbench.pool.environments:
        assert environment.tmp_directory is not None
        assert (environment.tmp_directory / "lines").read_text() == "one two!three"
    assert workbench.pool.snapshot is not None
    assert workbench.pool.snapshot.tmp_directory is not None
    assert (workbench.pool.snapshot.tmp_directory / "lines").read_text() == "one two three"


@pytest.mark.also_on_macos
async def test_a_file_is_where_it_was_again_after_a_reset(open_project: Open) -> None:
    source = """
import os
descriptor = os.open(__file__, os.O_RDONLY)
def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    return os.read(descriptor, 10).decode()
"""
    workbench = await open_project(source, snap_start=True)
    first = await workbench.answer()

    await workbench.invoke("crash")

    assert first == await workbench.answer() == source[:10]


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """Start a server that greets a client; return its port, and what the client sends."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            end, _address = listener.accept()
            with end:
                end.sendall(b"hello")
                while data := end.recv(100):
                    told.append(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], told
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.mark.also_on_macos
async def test_a_connection_does_not_survive_its_restore(
    # Before the engine, so that it ends after it: the snapshot holds the connection.
    server: tuple[int, list[bytes]],
    open_project: Open,
) -> None:
    port, told = server
    source = f"""
import socket
connection = socket.create_connection(("127.0.0.1", {port}))
greeting = connection.recv(5).decode()
def lambda_handler(event, context):
    said = connection.recv(5).decode()
    try:
        for _ in range(100):
            connection.sendall(b"still there?")
    except OSError as error:
        return [greeting, said, type(error).__name__]
"""
    workbench = await open_project(source, snap_start=True)

    (one, other) = await answers_of_two(workbench)

    assert one == other
    assert isinstance(one, list)
    assert one[:2] == ["hello", ""]
    assert one[2] in ("BrokenPipeError", "ConnectionResetError")
    assert told == []


@pytest.mark.also_on_macos
async def test_an_event_loop_wakes_up_in_each_environment(open_project: Open) -> None:
    source = """
import asyncio, time
loop = asyncio.new_event_loop()
async def work():
    return [await loop.run_in_executor(None, abs, -number) for number in range(20)]
assert loop.run_until_complete(asyncio.sleep(0, "ran")) == "ran"
def lambda_handler(event, context):
    time.sleep(0.1)
    return sum(loop.run_until_complete(work()))
"""
    workbench = await open_project(source, snap_start=True)

    assert await answers_of_two(workbench) == [190, 190]


async def test_an_event_loop_waits_for_what_is_its_own(open_project: Open) -> None:
    source = """
import asyncio, os, time
loop = asyncio.new_event_loop()
def lambda_handler(event, context):
    reader, writer = os.pipe()
    loop.add_reader(reader, abs, 1)
    time.sleep(0.3)
    with open(f"/proc/self/fdinfo/{loop._selector.fileno()}") as file:
        return file.read().count("tfd:")
"""
    workbench = await open_project(source, snap_start=True)

    assert await answers_of_two(workbench) == [2, 2]
    assert await answers_of_two(workbench) == [3, 3]


async def test_pipes_and_socket_pairs_lead_nowhere_else(open_project: Open) -> None:
    source = """
import os, socket, time
reader, writer = os.pipe()
os.set_blocking(reader, False)
here, there = socket.socketpair()
there.setblocking(False)
def lambda_handler(event, context):
    os.write(writer, context.aws_request_id.encode())
    here.sendall(context.aws_request_id.encode())
    time.sleep(0.2)
    mine = context.aws_request_id.encode()
    return [os.read(reader, 1000) == mine, there.recv(1000) == mine, os.get_blocking(reader)]
"""
    workbench = await open_project(source, snap_start=True)

    assert await answers_of_two(workbench) == [[True, True, False]] * 2


@pytest.mark.also_on_macos
async def test_a_restored_function_has_no_descriptor_of_anothers(open_project: Open) -> None:
    source = """
import os
def numbers():
    found = []
    for name in os.listdir("/dev/fd"):
        try:
            os.stat("/dev/fd/" + name)
        except OSError:
            continue
        found.append(int(name))
    return sorted(found)
def lambda_handler(event, context):
    return numbers()
"""
    ordinary = await (await open_project(source)).answer()
    restored = await (await open_project(source, snap_start=True)).answer()

    assert restored == ordinary
