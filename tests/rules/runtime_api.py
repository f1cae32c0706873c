"""Sections 2.1 to 2.8, 8.1 and 8.2: the Runtime API, and the runtimes that are told to use it."""

from __future__ import annotations

from rules.rule import NO_SNAPSHOT, Rule

_API = "apis/test_runtime_api.py::test_"
_STATES = "apis/test_runtime_api_states.py::test_"
_STREAMS = "apis/test_runtime_api_streams.py::test_"
_HOSTILE = "apis/test_environment_api.py::test_"
_CUSTOM = "engine/test_custom_runtimes.py::test_"
_HANDLER = "engine/test_every_handler.py::test_"
_WRAPPER = "engine/test_exec_wrapper.py::test_"
_CLIENTS = "clients/test_published_clients.py::test_"
_RECORDED = "recorded/test_recorded.py::test_"
_TABLE = _STATES + "a_call_is_taken_or_refused_by_the_runtimes_state"
_NO_TRACING = "X-Ray tracing does not exist yet: what is sent is taken and dropped"

RUNTIME_API = (
    Rule("2.1", "GET ping: 200, pong.", (_API + "ping_is_answered_with_pong",)),
    Rule(
        "2.1",
        "GET next: 200, the event's bytes.",
        (
            _API + "next_gives_the_event_and_what_belongs_to_it",
            _API + "next_gives_an_event_of_any_size",
        ),
    ),
    Rule(
        "2.1",
        "GET next waits without a limit.",
        (_HOSTILE + "a_client_may_take_as_long_as_it_likes", _TABLE),
    ),
    Rule(
        "2.1",
        'POST response: 202, {"status":"OK"}.',
        (_API + "a_response_is_passed_on_as_it_is", _API + "a_chunked_response_is_put_together"),
    ),
    Rule(
        "2.1", 'POST error: 202, {"status":"OK"}.', (_API + "an_error_is_passed_on_with_its_type",)
    ),
    Rule(
        "2.1",
        'POST init/error: 202, {"status":"OK"}.',
        (_API + "an_init_error_is_passed_on_with_its_type",),
    ),
    Rule("2.1", "GET restore/next: 200, empty, once restored.", not_covered_yet=NO_SNAPSHOT),
    Rule(
        "2.1",
        'POST restore/error: 202, {"status":"OK"}.',
        not_covered_yet=NO_SNAPSHOT,
    ),
    Rule(
        "2.1",
        "The restore endpoints are there under SnapStart only.",
        (_STATES + "without_snapstart_there_is_nothing_to_restore",),
    ),
    Rule(
        "2.1",
        "An unknown path is 404, a wrong method 405.",
        (_API + "an_unknown_path_is_404_and_a_wrong_method_405",),
    ),
    Rule(
        "2.1",
        "HTTP/1.1 with keep-alive.",
        (_API + "one_connection_serves_a_runtimes_whole_life",),
    ),
    Rule(
        "2.2",
        "Request id, deadline, invoked ARN and trace are on every event.",
        (
            _API + "next_gives_the_event_and_what_belongs_to_it",
            _HANDLER + "the_trace_and_the_deadline_are_those_of_the_invocation",
        ),
    ),
    Rule(
        "2.2",
        "Client context (decoded), identity, tenant and content type, where there are any.",
        (
            _API + "next_passes_on_what_the_caller_sent_beside_the_event",
            _CLIENTS + "awss_client_for_python_serves_as_on_aws",
        ),
    ),
    Rule(
        "2.2",
        "The invocation id is the attempt's own.",
        (_API + "each_attempt_has_an_invocation_id_of_its_own",),
    ),
    Rule(
        "2.3",
        "The body is passed on as it is, with its content type.",
        (_API + "a_response_is_passed_on_as_it_is",),
    ),
    Rule(
        "2.3",
        "6,291,556 bytes at most; more is 413, and ends the invocation.",
        (
            _API + "a_result_of_six_megabytes_and_a_hundred_bytes_is_the_largest",
            _API + "a_larger_result_ends_the_invocation_and_leaves_the_runtime_its_connection",
            _API + "a_result_that_is_too_large_is_known_by_its_head",
            _HANDLER + "a_response_of_six_megabytes_is_taken_and_a_larger_one_is_not",
        ),
    ),
    Rule(
        "2.3",
        "Python's own client ends when a response is too large.",
        (_CLIENTS + "awss_client_for_python_reports_errors_as_on_aws",),
    ),
    Rule(
        "2.3",
        "An invocation id that is not the attempt's is 410 InvokeTimeout; none is not looked at.",
        (_API + "the_invocation_id_may_be_left_out_and_must_be_the_attempts_own",),
    ),
    Rule(
        "2.3",
        "After its response the runtime may only ask for more.",
        (_TABLE, _CUSTOM + "a_second_answer_and_a_stale_one_are_refused"),
    ),
    Rule(
        "2.4",
        "An error's type is kept for the platform when it is of its form, else it is unknown.",
        (
            _CUSTOM + "an_error_that_it_posts_at_init_is_the_payload",
            _API + "an_error_needs_no_type_and_no_json",
            "engine/test_errors.py::test_an_error_of_top_level_code_keeps_its_name_and_the_imports_frames",
        ),
    ),
    Rule(
        "2.4",
        "The cause for X-Ray may be in a header; it is cropped at 64 KiB.",
        (),
        _NO_TRACING,
    ),
    Rule(
        "2.4",
        "Heads are taken up to 1 MB, so that a cause fits in.",
        (
            _API + "a_cause_for_xray_may_come_in_a_header_of_any_size_that_lambda_takes",
            _API + "a_head_beyond_lambdas_limit_is_refused",
        ),
    ),
    Rule(
        "2.4",
        "With the content type for it the body's errorCause is taken out.",
        (
            _API + "the_cause_of_an_error_stays_here",
            _API + "a_cause_of_no_error_is_an_invalid_error_body",
        ),
    ),
    Rule(
        "2.4",
        "What init/error posts is the payload of the invocation that fails.",
        (_CUSTOM + "an_error_that_it_posts_at_init_is_the_payload",),
    ),
    Rule(
        "2.4",
        "init/error while restoring is a restore error.",
        not_covered_yet=NO_SNAPSHOT,
    ),
    Rule(
        "2.5",
        "400 InvalidRequestID, also for a result that comes too late.",
        (
            _TABLE,
            _STATES + "an_id_is_stale_once_the_runtime_has_asked_for_more",
            _CUSTOM + "a_second_answer_and_a_stale_one_are_refused",
        ),
    ),
    Rule("2.5", "403 InvalidStateTransition, with both states.", (_TABLE,)),
    Rule(
        "2.5",
        "413 RequestEntityTooLarge.",
        (
            _API + "a_larger_result_ends_the_invocation_and_leaves_the_runtime_its_connection",
            _HOSTILE + "a_body_that_is_too_large_for_any_other_call_is_refused",
        ),
    ),
    Rule(
        "2.5",
        "400 InvalidFunctionResponseMode.",
        (_API + "an_unknown_response_mode_ends_the_invocation",),
    ),
    Rule(
        "2.5",
        "A result that breaks off is truncated.",
        (
            _API + "a_result_that_breaks_off_is_a_truncated_response",
            _STREAMS + "a_stream_that_breaks_off_is_a_truncated_response",
            _CUSTOM + "a_result_that_breaks_off_fails_the_invocation",
        ),
    ),
    Rule(
        "2.5",
        "500 InternalServerError, when the environment is reset under a call.",
        (_STATES + "a_reset_ends_the_waiting",),
    ),
    Rule(
        "2.6",
        "Each call in each state.",
        (_TABLE, _STATES + "the_table_knows_every_state"),
    ),
    Rule(
        "2.6",
        "The id is checked before the state.",
        (_STATES + "an_id_is_checked_before_the_state",),
    ),
    Rule(
        "2.6",
        "A result counts as begun from its head on.",
        (_TABLE, _STREAMS + "an_error_is_refused_once_the_stream_has_begun"),
    ),
    Rule(
        "2.6",
        "Who owes an answer and asks for more gets the same event.",
        (
            _STATES + "a_runtime_that_owes_an_answer_gets_the_same_event_again",
            _CUSTOM + "who_asks_for_more_while_it_owes_an_answer_gets_the_same_event",
        ),
    ),
    Rule(
        "2.7",
        "A streamed response reaches its caller part by part.",
        (
            _STREAMS + "a_part_is_passed_on_when_it_comes",
            _CUSTOM + "a_streamed_response_reaches_its_caller_part_by_part",
        ),
    ),
    Rule(
        "2.7",
        "A caller who waits gets it whole.",
        (_STREAMS + "who_waits_for_all_of_it_gets_it_at_the_end",),
    ),
    Rule(
        "2.7",
        "An error in the middle comes in the trailers, its body in base64.",
        (
            _STREAMS + "an_error_in_the_middle_comes_in_the_trailers",
            _STREAMS + "an_error_body_that_is_not_encoded_is_passed_on_as_it_is",
            _STREAMS + "trailers_are_no_headers",
        ),
    ),
    Rule(
        "2.7",
        "error is for before the first byte.",
        (
            _STREAMS + "an_error_may_be_posted_in_place_of_a_stream",
            _STREAMS + "an_error_is_refused_once_the_stream_has_begun",
        ),
    ),
    Rule(
        "2.7",
        "Another mode is 400, and Runtime.InvalidResponseModeHeader for the caller.",
        (_API + "an_unknown_response_mode_ends_the_invocation",),
    ),
    Rule(
        "2.7",
        "200 MB at most; 6 MB for a caller who waits.",
        (
            _STREAMS + "a_stream_has_two_hundred_megabytes_at_most",
            _STREAMS + "who_takes_a_stream_may_get_more_than_six_megabytes",
            _STREAMS + "who_waits_for_all_of_it_may_not",
        ),
    ),
    Rule("2.7", "2 MB/s after the first 6 MB.", (), "streams run at the machine's own speed"),
    Rule(
        "2.7",
        "HTTP metadata stand before the payload, behind 8 NUL bytes.",
        (_STREAMS + "the_metadata_of_an_http_response_is_part_of_the_body",),
    ),
    Rule(
        "2.8",
        "bootstrap is looked for in the code, then in the layers.",
        (
            _CUSTOM + "the_bootstrap_of_awss_tutorial_runs",
            _CUSTOM + "a_bootstrap_may_be_in_a_layer",
            _CUSTOM + "the_bootstrap_in_the_code_goes_before_the_layers",
        ),
    ),
    Rule(
        "2.8",
        "One that is missing or cannot be executed is Runtime.InvalidEntrypoint.",
        (_CUSTOM + "a_bootstrap_that_cannot_be_executed_is_an_invalid_entrypoint",),
    ),
    Rule("2.8", "The commands of container images.", (), "container images do not exist yet"),
)

RUNTIMES = (
    Rule(
        "8.1",
        "OS-only runtimes have AWS's variables, and none of a language's.",
        (
            _CUSTOM + "it_finds_the_variables_of_an_os_only_runtime",
            _CUSTOM + "on_amazon_linux_2_there_is_no_language",
            _RECORDED + "the_payload_is_the_recorded_one",
        ),
    ),
    Rule(
        "8.1",
        "Python has AWS's variables.",
        (_RECORDED + "the_payload_is_the_recorded_one",),
    ),
    Rule(
        "8.2",
        "A wrapper is executed with the runtime's command, and executes it.",
        (
            _WRAPPER + "a_wrapper_may_change_the_variables",
            _WRAPPER + "a_wrapper_may_change_the_options_of_the_interpreter",
            _WRAPPER + "a_wrapper_may_be_in_a_layer",
            _WRAPPER + "a_wrapped_function_finds_what_any_function_finds",
        ),
    ),
    Rule(
        "8.2",
        "A wrapper that is not there ends the runtime with status 127.",
        (
            _WRAPPER + "a_wrapper_that_cannot_be_executed_ends_as_a_shell_ends",
            _WRAPPER + "a_wrapper_that_does_not_go_on_is_a_runtime_that_ends",
        ),
    ),
    Rule(
        "8.2",
        "OS-only runtimes know of no wrapper.",
        (_WRAPPER + "a_runtime_of_the_functions_own_knows_of_no_wrapper",),
    ),
)
