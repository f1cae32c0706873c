"""Events of Step Functions: a task's input, whole or with the token of a task that waits."""

from __future__ import annotations

from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_id


def _task(values: Values) -> JsonObject:
    task_input = values.mapping("input")
    if values.choice("wait_for_token", "false", "true") == "false":
        return task_input
    return {"TaskToken": new_id(400), "Input": task_input}


STEP_FUNCTIONS_BUILDERS = (
    Builder(
        "step-functions",
        "Step Functions task",
        (
            Parameter("input", '{"order": {"id": "1"}}', "the state's input, a JSON object"),
            Parameter(
                "wait_for_token", "false", "true for a task that is called .waitForTaskToken"
            ),
        ),
        _task,
    ),
)
