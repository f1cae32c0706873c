"""The API served by the command itself, once for each module of tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.lambda_api import Api, Serving, serving_project, write_project


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving_project(write_project(tmp_path_factory.mktemp("project"))) as serving:
        yield serving


@pytest.fixture(scope="module")
def api(serving: Serving) -> Api:
    return serving.api()
