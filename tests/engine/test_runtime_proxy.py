"""A wrapper that changes the address of the Runtime API has the runtime speak to a proxy."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_tui import limits
from lambda_tui.engine.events import InitReport, RuntimeDone
from lambda_tui.engine.launch import launch, places
from support.extensions import PYTHON
from support.files import ROOT
from support.node_process import NODE
from support.runtime_proxy import (
    AS_EXTENSION,
    AS_PROGRAM,
    LANGUAGES,
    POINTS,
    STARTS,
    Language,
    seen,
)
from support.workbench import TIMEOUT, Open, Workbench, response_of

NEXT = ["GET", "next", [], ""]
PROXIES = {
    "extension": (POINTS, {"extensions/proxy": AS_EXTENSION}),
    "wrapper": (STARTS, {"proxy": AS_PROGRAM}),
}
STREAMS = """\
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  for (const part of event.parts) stream.write(part);
  if (event.fails) throw new RangeError('no token');
  stream.end();
});
"""


@pytest.fixture(params=list(LANGUAGES.values()), ids=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> Language:
    """Return each language in turn."""
    kind: Language = request.param
    return kind


@pytest.fixture(params=list(PROXIES.values()), ids=list(PROXIES))
async def proxied(
    request: pytest.FixtureRequest, open_project: Open, tmp_path: Path, language: Language
) -> Workbench:
    """Return a function behind a proxy, an extension's or its wrapper's."""
    wrapper, programs = request.param
    return await open_project(language.project(tmp_path, wrapper, programs), node=NODE)


@pytest.mark.rule("8.2.10")
async def test_a_proxy_sees_and_may_change_every_event_and_answer(proxied: Workbench) -> None:
    first = await proxied.answer({"text": "plain ü"})
    await proxied.until_frozen()
    second = await proxied.answer({"text": "as it is"})

    # To the function it was "token" on its way.
    assert first["event"] == {"text": "***** ü"}
    assert any("handling" in line and "token" in line for line in proxied.log())
    assert second["event"] == {"text": "as it is"}
    calls = [call[:2] for call in seen(proxied)]
    assert calls[:4] == [["GET", "next"], ["POST", "response"]] * 2
    assert len(proxied.records(RuntimeDone)) == 2


@pytest.mark.rule("8.2.10")
async def test_the_context_comes_through_a_proxy(proxied: Workbench) -> None:
    context = json.dumps({"custom": {"a": "ü"}})
    invocation = proxied.pool.invoke(b"{}", client_context=context)
    await invocation.wait()
    answer = response_of(invocation)

    assert answer["request_id"] == invocation.request_id
    assert answer["arn"] == proxied.pool.function.arn
    assert 0 < answer["remaining"] <= TIMEOUT * 1000
    assert answer["custom"] == {"a": "ü"}
    assert answer["trace"] == invocation.trace_id


@pytest.mark.rule("8.2.10")
async def test_a_proxy_sees_and_may_change_an_error(proxied: Workbench, language: Language) -> None:
    failed = await proxied.invoke({"fails": True})

    assert failed.status == "error"
    payload = response_of(failed)
    assert (payload["errorType"], payload["errorMessage"]) == (language.error_type, "no *****")
    (headers,) = [headers for _, path, headers, _ in seen(proxied) if path == "error"]
    assert "lambda-runtime-function-xray-error-cause" in headers
    # The runtime goes on.
    assert (await proxied.answer({"n": 1}))["event"] == {"n": 1}
    assert len(proxied.records(InitReport)) == 1


@pytest.mark.rule("8.2.10")
async def test_a_result_that_is_too_large_is_refused_through_a_proxy(
    proxied: Workbench, language: Language
) -> None:
    refused = await proxied.invoke({"size": limits.RESPONSE_BYTES})

    assert response_of(refused)["errorType"] == "Function.ResponseSizeTooLarge"
    assert (await proxied.answer({"n": 1}))["event"] == {"n": 1}
    assert len(proxied.records(InitReport)) == (1 if language.goes_on else 2)


@pytest.mark.rule("8.2.10")
async def test_a_proxy_sees_and_may_change_why_a_function_cannot_be_initialised(
    open_project: Open, tmp_path: Path, language: Language
) -> None:
    wrapper, programs = PROXIES["extension"]
    project = language.project(tmp_path, wrapper, programs, language.broken)
    workbench = await open_project(project, node=NODE)
    failed = await workbench.invoke({})

    payload = response_of(failed)
    assert (payload["errorType"], payload["errorMessage"]) == (language.error_type, "no *****")
    calls = [call[:3] for call in seen(workbench)]
    # In Init, and again in the invocation.
    assert calls == [["POST", "error", ["lambda-runtime-function-error-type"]]] * 2


async def test_a_runtime_that_is_installed_below_awss_paths_finds_itself(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    # Such as a virtual environment in /opt; nothing else of this test is in this folder of /tmp.
    with tempfile.TemporaryDirectory(dir="/tmp") as elsewhere:
        installed = Path(elsewhere) / "runtimes"
        shutil.copytree(ROOT / "runtimes", installed)
        for module in (launch, places):
            monkeypatch.setattr(module, "runtimes_directory", lambda: installed)
        wrapper, programs = PROXIES["wrapper"]
        project = language.project(tmp_path, wrapper, programs)
        workbench = await open_project(project, node=NODE)

        assert (await workbench.answer({"n": 1}))["event"] == {"n": 1}


@pytest.mark.rule("8.2.10")
@pytest.mark.parametrize("runtime", ["nodejs22.x", "nodejs24.x"])
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_response_is_streamed_through_a_proxy(
    open_project: Open, tmp_path: Path, runtime: str, is_streamed: bool
) -> None:
    wrapper, programs = PROXIES["wrapper"]
    project = LANGUAGES[runtime].project(tmp_path, wrapper, programs, STREAMS)
    workbench = await open_project(project, node=NODE)
    streamed = []
    events: list[dict[str, list[str]]] = [{"parts": ["plain", " text"]}, {"parts": []}]
    for event in events:
        parts: list[bytes] = []
        invocation = workbench.pool.invoke(
            json.dumps(event).encode(), on_part=parts.append if is_streamed else None
        )
        await invocation.wait()
        assert invocation.status == "success", invocation.response
        streamed.append(invocation.response)
        assert b"".join(parts) == (invocation.response if is_streamed else b"")
    failed = await workbench.invoke({"parts": ["begun"], "fails": True})

    assert streamed == [b"***** text", b""]
    assert failed.status == "error"
    assert response_of(failed)["errorType"] == "RangeError"
    posts = [call for call in seen(workbench) if call[1] == "response"]
    assert all("lambda-runtime-function-response-mode" in call[2] for call in posts)
    assert [bool(trailers) for *_, trailers in posts] == [False, False, True]
    assert posts[-1][3].startswith("Lambda-Runtime-Function-Error-Type: RangeError")


@pytest.mark.rule("8.2.11")
async def test_where_nothing_listens_the_function_fails_as_on_aws(
    open_project: Open, tmp_path: Path, language: Language
) -> None:
    workbench = await open_project(language.project(tmp_path, POINTS, {}), node=NODE)
    failed = await workbench.invoke({"n": 1})

    assert response_of(failed) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {failed.request_id} Error: "
        f"Runtime exited with error: exit status {language.without_event}",
    }
    assert any("Failed to get next invocation" in line for line in workbench.log())
    assert [one.status for one in workbench.records(InitReport)] == ["error", "error"]


ASKS_ITSELF = f"""{PYTHON}
register()
print("adapter", flush=True)
NEXT = "/2018-06-01/runtime/invocation"


def serve():
    while True:
        with urllib.request.urlopen(API + NEXT + "/next") as answer:
            id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], answer.read()
        path = f"{{API}}{{NEXT}}/{{id}}/response"
        with urllib.request.urlopen(path, b'["adapted", ' + event + b"]") as answer:
            answer.read()


import threading

threading.Thread(target=serve, daemon=True).start()
next_event()
"""
SERVES_SOMETHING_ELSE = """\
#!/bin/bash
# Closes what it does not know, as servers do.
exec 15>&-
exec sleep 1000
"""


@pytest.mark.rule("8.2.12")
async def test_an_adapter_may_be_the_runtime_in_the_place_of_what_a_wrapper_replaces(
    open_project: Open, tmp_path: Path, language: Language
) -> None:
    programs = {"extensions/adapter": ASKS_ITSELF}
    project = language.project(tmp_path, SERVES_SOMETHING_ELSE, programs)
    workbench = await open_project(project, node=NODE)

    assert await workbench.answer({"n": 1}) == ["adapted", {"n": 1}]
    await workbench.until_frozen()
    assert await workbench.answer({"n": 2}) == ["adapted", {"n": 2}]
    assert len(workbench.records(InitReport)) == 1


@pytest.mark.rule("8.2.10")
async def test_a_proxy_sees_of_awss_own_client_what_it_sees_of_ours(
    open_project: Open, tmp_path: Path
) -> None:
    wrapper, programs = PROXIES["extension"]
    events: tuple[object, ...] = ({"text": "plain"}, {"bytes": True}, {"fails": True})
    heard = []
    for name in ("ours", "aws"):
        (tmp_path / name).mkdir()
        project = LANGUAGES["python"].project(tmp_path / name, wrapper, programs)
        if name == "aws":
            (function,) = project.functions
            program = str(tmp_path / name / "layers" / "wrapper")
            client = (program, sys.executable, "-m", "awslambdaric")
            project = replace(project, functions=(replace(function, bootstrap=client),))
        workbench = await open_project(project)
        answers = [(await workbench.invoke(event)).response for event in events]
        await workbench.until_frozen()
        heard.append((answers[1], [(call[:2], set(call[2])) for call in seen(workbench)]))
        await workbench.engine.close()
    assert heard[0] == heard[1]
