"""Sections 6.1 to 6.3: what a failure gives to the caller and to the record."""

from __future__ import annotations

from rules.rule import Rule

_SNAPSTART = "rules/test_snapstart_rules.py::test_"
_CYCLE = "engine/test_life_cycle.py::test_"
_POOL = "engine/test_pool.py::test_"
_ERRORS = "engine/test_errors.py::test_"
_RECORDED = "recorded/test_recorded.py::test_"
_NODE = "runtimes/test_node_errors.py::test_"
_ERROR = "rules/test_error_rules.py::test_"
_FAILURE = "extensions/test_extension_failures.py::test_"
_MEMORY = "rules/test_memory_rules.py::test_"

ERRORS = (
    Rule(
        "6.1",
        "Every failure of a function is Unhandled.",
        (
            _ERRORS + "a_handler_that_raises_answers_with_its_error",
            _RECORDED + "the_function_error_is_the_recorded_one",
        ),
    ),
    Rule(
        "6.1",
        "It is HTTP 200 with X-Amz-Function-Error.",
        (
            "apis/test_boto3.py::test_a_failing_function_is_a_success_with_a_function_error",
            _RECORDED + "what_a_caller_is_told_beside_the_payload_is_what_was_recorded",
        ),
    ),
    Rule(
        "6.2",
        "The payload of an exception has four keys in AWS's order.",
        (
            _ERRORS + "a_handler_that_raises_answers_with_its_error",
            _RECORDED + "the_payload_is_the_recorded_one",
        ),
    ),
    Rule(
        "6.2",
        "Stack traces have the source's lines and nothing else.",
        (_ERROR + "a_stack_trace_has_the_lines_and_no_marks_below_them",),
    ),
    Rule(
        "6.2",
        "An error of top-level code keeps its name and the import's frames; no request id.",
        (_ERRORS + "an_error_of_top_level_code_keeps_its_name_and_the_imports_frames",),
    ),
    Rule(
        "6.2",
        "ImportModuleError, HandlerNotFound, MalformedHandlerName, BuiltInModuleConflict.",
        (_ERRORS + "an_init_error_has_awss_type_and_text",),
    ),
    Rule("6.2", "UserCodeSyntaxError.", (_ERRORS + "a_syntax_error_names_the_line",)),
    Rule(
        "6.2",
        "UnmarshalError and MarshalError.",
        (
            _ERRORS + "an_event_that_is_not_json_is_an_unmarshal_error",
            _ERRORS + "a_result_that_json_cannot_say_is_a_marshal_error",
        ),
    ),
    Rule(
        "6.2",
        "LambdaContextUnmarshalError.",
        (_ERROR + "a_client_context_that_is_no_json_is_an_error_of_its_own",),
    ),
    Rule(
        "6.2",
        "BeforeSnapshotError and AfterRestoreError.",
        (
            _SNAPSTART + "a_hook_that_fails_before_the_snapshot_fails_the_init",
            _SNAPSTART + "a_hook_that_fails_after_the_restore_fails_the_invocation",
            "runtimes/test_snapshot_hooks.py::"
            "test_a_runtime_whose_hook_fails_ends_with_awss_status",
        ),
    ),
    Rule(
        "6.2",
        "A handler that cannot be called is a TypeError in AWS's bootstrap.",
        (_ERROR + "a_handler_that_cannot_be_called_is_a_type_error_in_the_bootstrap",),
    ),
    Rule(
        "6.2",
        "sys.exit and a BaseException end the runtime.",
        (
            _CYCLE + "a_runtime_that_ends_fails_the_invocation_in_awss_words",
            _ERROR + "what_is_no_exception_but_a_base_exception_ends_the_runtime",
        ),
    ),
    Rule(
        "6.2",
        "Decimal is a number, bytes are sent as they are.",
        (_ERRORS + "a_result_reaches_the_caller_as_awss_runtime_writes_it",),
    ),
    Rule(
        "6.2",
        "Errors of Node.js in Init.",
        (
            _NODE + "an_init_error_has_awss_type_and_text",
            _NODE + "from_node_24_on_a_handler_with_a_callback_is_refused",
        ),
    ),
    Rule(
        "6.2",
        "Errors of Node.js handlers, thrown or not.",
        (
            _NODE + "a_handler_that_throws_answers_with_its_error",
            _NODE + "what_is_thrown_need_not_be_an_error",
            _NODE + "a_result_that_json_cannot_say_is_an_error",
        ),
    ),
    Rule(
        "6.2",
        "NodeJsExit, UnhandledPromiseRejection (128), uncaught exceptions (129).",
        (
            _NODE + "before_node_24_a_promise_that_never_settles_is_an_error",
            _NODE + "before_node_24_what_nobody_catches_fails_the_invocation_and_ends_the_process",
            "engine/test_node_functions.py::test_what_nobody_catches_resets_the_environment",
        ),
    ),
    Rule(
        "6.2",
        "A Node.js callback waits for an empty event loop, unless told not to; the first counts.",
        (
            "runtimes/test_node_answers.py::"
            "test_a_callback_waits_for_the_event_loop_unless_it_is_told_not_to",
            "runtimes/test_node_answers.py::"
            "test_before_node_24_a_handler_may_answer_by_calling_back",
        ),
    ),
    Rule("6.3", "Sandbox.Timedout.", (_CYCLE + "a_timeout_ends_the_invocation_at_the_limit",)),
    Rule(
        "6.3",
        "Runtime.ExitError in the words for each status and signal.",
        (_CYCLE + "a_runtime_that_ends_fails_the_invocation_in_awss_words",),
    ),
    Rule(
        "6.3",
        "Out of memory is a kill for the caller and Runtime.OutOfMemory in the report.",
        (
            _MEMORY + "out_of_memory_is_a_kill_for_the_caller_and_named_in_the_report",
            _MEMORY + "an_init_that_needs_too_much_memory_is_killed",
            "engine/test_memory.py::test_a_child_that_takes_too_much_is_killed_for_it",
        ),
    ),
    Rule(
        "6.3",
        "Function.ResponseSizeTooLarge.",
        (_ERRORS + "a_response_of_six_megabytes_and_a_hundred_bytes_is_the_largest",),
    ),
    Rule(
        "6.3",
        "An error that the runtime posts in Init is the payload, unchanged.",
        (_ERRORS + "an_init_error_has_awss_type_and_text",),
    ),
    Rule(
        "6.3",
        "An end without a fatal error is Sandbox.Failure.",
        (_POOL + "an_invocation_under_way_fails_when_its_environment_is_shut_down",),
    ),
    Rule(
        "6.3",
        "Extension errors.",
        (
            _FAILURE + "an_extension_that_ends_in_init_is_a_crash",
            _FAILURE + "an_extension_that_crashes_in_an_invocation_fails_it",
            _FAILURE + "what_cannot_be_executed_is_a_launch_error",
        ),
    ),
    Rule(
        "6.3",
        "Runtime.InvalidEntrypoint.",
        (
            "engine/test_custom_runtimes.py::test_"
            "a_bootstrap_that_cannot_be_executed_is_an_invalid_entrypoint",
        ),
    ),
)
