"""Sections 5.1 to 5.6: what is in the log, and in which words."""

from __future__ import annotations

from rules.rule import TRACING, VERSIONS, Rule

_SNAPSTART = "rules/test_snapstart_rules.py::test_"
_CYCLE = "engine/test_life_cycle.py::test_"
_TELEMETRY = "engine/test_telemetry_records.py::test_"
_ERRORS = "engine/test_errors.py::test_"
_LOGS = "engine/test_logs.py::test_"
_PYTHON = "engine/test_python_runtime.py::test_"
_RECORDED = "recorded/test_recorded.py::test_"
_PROVISIONED = "rules/test_provisioned_rules.py::test_"
_INIT = "rules/test_init_rules.py::test_"
_LOG = "rules/test_log_rules.py::test_"
_RECORD = "rules/test_json_record_rules.py::test_"
_JSON = "rules/test_json_log_rules.py::test_"
_ERROR = "rules/test_error_rules.py::test_"
_MEMORY = "rules/test_memory_rules.py::test_"

LOG_LINES = (
    Rule(
        "5.1",
        "INIT_START, START, END and REPORT of a cold and of a warm success.",
        (
            _LOG + "a_cold_and_a_warm_success_to_the_letter",
            _RECORDED + "the_log_is_the_recorded_one_event_by_event",
        ),
    ),
    Rule(
        "5.1",
        "REPORT has Status, and Error Type for an error, at its end; not for a handler that "
        "raises.",
        (_LOG + "the_report_of_a_failure_to_the_letter",),
    ),
    Rule(
        "5.1",
        "INIT_REPORT appears when Init failed, with phase, status and error type.",
        (
            _LOG + "init_report_of_an_error_to_the_letter",
            _LOG + "init_report_of_a_timeout_to_the_letter",
            _INIT + "a_top_level_exit_is_a_runtime_exit_and_not_an_error_of_the_function",
        ),
    ),
    Rule(
        "5.1",
        "INIT_REPORT always appears for provisioned concurrency, without a phase.",
        (_PROVISIONED + "an_init_ahead_of_invocations_is_always_reported",),
    ),
    Rule(
        "5.1",
        "Init Duration is in the first report after a regular Init only.",
        (
            _CYCLE + "only_the_first_report_has_an_init_duration",
            _LOG + "after_a_reset_there_is_no_init_line_and_no_init_duration",
        ),
    ),
    Rule(
        "5.1",
        "A function's lines stand between START and END.",
        (
            _LOGS + "log_records_lie_between_start_and_end",
            "extensions/test_extension_life.py::"
            "test_what_an_extension_writes_for_an_invocation_stands_before_its_end",
            "extensions/test_extension_failures.py::"
            "test_the_last_words_of_an_extension_stand_before_the_report_of_its_end",
        ),
    ),
    Rule("5.1", "A traced invocation has an XRAY line.", (), TRACING),
    Rule(
        "5.1",
        "EXTENSION, TELEMETRY and LOGS lines.",
        (
            _TELEMETRY + "a_text_log_tells_of_extensions_as_aws_does",
            "extensions/test_extension_telemetry.py::test_everything_since_the_beginning_has_come_before_the_shutdown_event",
        ),
    ),
    Rule(
        "5.1",
        "RESTORE_START and RESTORE_REPORT, and Restore Duration in the first REPORT.",
        (
            _SNAPSTART + "a_cold_and_a_warm_invocation_of_a_snapshot_to_the_letter",
            _SNAPSTART + "a_hook_that_fails_after_the_restore_fails_the_invocation",
            "engine/test_snapstart.py::test_a_restore_that_takes_too_long_is_given_up",
        ),
    ),
    Rule(
        "5.1",
        "A part of the restore is billed.",
        (_SNAPSTART + "a_part_of_the_restore_is_billed_and_no_init",),
    ),
    Rule(
        "5.2",
        "Billed is the duration, Init included, rounded up to a millisecond.",
        (_LOG + "billed_duration_is_the_sum_of_duration_and_init_rounded_up",),
    ),
    Rule(
        "5.2",
        "A timeout's duration is the limit itself; a cold one is billed with its Init.",
        (
            _CYCLE + "a_timeout_ends_the_invocation_at_the_limit",
            _LOG + "a_cold_timeout_bills_the_limit_and_the_init",
        ),
    ),
    Rule(
        "5.2",
        "Max Memory Used is the peak of all processes since the last Init.",
        (
            _MEMORY + "max_memory_used_is_the_peak_since_the_last_init",
            _MEMORY + "max_memory_used_counts_child_processes",
            "engine/test_memory.py::test_a_function_within_its_memory_size_is_left_alone",
        ),
    ),
    Rule(
        "5.3",
        "Log group and stream have AWS's names; in a group of one's own choice the stream names "
        "the function.",
        (_LOG + "log_group_and_log_stream_have_awss_names",),
    ),
    Rule(
        "5.3",
        "Each line is an event; with carriage returns inside, several stay one.",
        (
            _LOGS + "a_multi_line_record_stays_together_and_an_empty_line_is_a_record",
            _RECORDED + "the_log_is_the_recorded_one_event_by_event",
        ),
    ),
    Rule(
        "5.3",
        "An event has 256 KB at most.",
        (_LOGS + "a_line_of_a_megabyte_is_split_into_the_largest_records",),
    ),
    Rule("5.3", "A version's stream names the version.", (), VERSIONS),
    Rule(
        "5.4",
        "System lines in the JSON format are the telemetry envelopes.",
        (
            _JSON + "a_system_line_is_the_telemetry_envelope",
            _JSON + "no_text_line_of_the_platform_is_left_in_the_json_format",
        ),
    ),
    Rule(
        "5.4",
        "SystemLogLevel lets pass what AWS's table of events and levels says.",
        (_JSON + "system_log_level_lets_pass_what_awss_table_says",),
    ),
    Rule(
        "5.4",
        "ApplicationLogLevel filters JSON lines by their level; without a good level or time "
        "they count as INFO.",
        (_JSON + "application_lines_pass_by_their_level",),
    ),
    Rule(
        "5.4",
        "A JSON line without a good timestamp is given one.",
        (_JSON + "a_line_without_a_good_timestamp_gets_one",),
    ),
    Rule(
        "5.4",
        "Other lines pass as they are.",
        (
            _JSON + "what_is_no_json_passes_as_it_is",
            _TELEMETRY + "a_line_that_is_nested_without_end_is_a_line",
        ),
    ),
    Rule(
        "5.4",
        "The runtime learns format and level from its environment.",
        (_RECORD + "the_application_log_level_is_the_root_loggers",),
    ),
    Rule(
        "5.4",
        "Levels of extension events.",
        (_TELEMETRY + "a_json_log_tells_of_extensions_at_awss_levels",),
    ),
    Rule(
        "5.4",
        "Levels of restore events.",
        (_SNAPSTART + "records_of_a_restore_have_awss_levels",),
    ),
    Rule(
        "5.5",
        "print writes lines as they are, unbuffered.",
        (
            _RECORD + "what_is_printed_is_never_made_json",
            _LOGS + "what_is_printed_before_a_crash_is_not_lost",
        ),
    ),
    Rule(
        "5.5",
        "The root logger has AWS's text format and is at WARNING; in Init no request id.",
        (
            _PYTHON + "logging_has_awss_format_and_level",
            _PYTHON + "basic_config_changes_nothing_as_on_aws",
            _LOG + "what_is_logged_in_init_has_no_request_id",
        ),
    ),
    Rule(
        "5.5",
        "JSON records have AWS's keys in AWS's order, then what was given as extra.",
        (
            _RECORD + "a_record_of_the_runtime_has_awss_keys_in_awss_order",
            _RECORD + "an_exception_that_is_logged_has_its_trace_and_place",
            _RECORD + "the_request_id_is_an_empty_text_during_init",
        ),
    ),
    Rule(
        "5.5",
        "A dict as the message stays an object; what JSON cannot say becomes text.",
        (
            _RECORD + "a_dict_as_the_message_stays_an_object",
            _RECORD + "what_json_cannot_say_is_turned_into_text",
        ),
    ),
    Rule(
        "5.5",
        "An unhandled error is one record: heading, traceback, no-break spaces.",
        (
            _ERRORS + "the_log_has_the_error_as_one_record",
            _ERROR + "a_stack_trace_has_the_lines_and_no_marks_below_them",
            _ERROR + "an_error_without_a_trace_has_its_heading_in_the_log_all_the_same",
            _ERROR + "a_function_that_fails_without_a_word_answers_with_an_empty_message",
            _RECORDED + "the_tail_of_the_log_is_the_recorded_one_line_by_line",
        ),
    ),
    Rule(
        "5.5",
        "An unhandled error in the JSON format is one object.",
        (_RECORD + "an_unhandled_error_has_awss_keys_in_awss_order",),
    ),
    Rule(
        "5.5",
        "A failed Init logs AWS's warning before the error.",
        (_ERRORS + "an_init_error_logs_awss_warning_first",),
    ),
    Rule(
        "5.5",
        "Records of several lines are framed, so that they stay one event.",
        (
            _PYTHON + "an_exception_that_is_logged_is_one_record",
            _LOGS + "bytes_that_begin_like_a_frame_do_not_swallow_the_lines_behind_them",
        ),
    ),
    Rule(
        "5.6",
        "console.* of Node.js, as text and as JSON, by its level.",
        (
            "runtimes/test_node_log.py::test_console_writes_whole_records_with_their_level",
            "runtimes/test_node_log.py::"
            "test_console_writes_json_and_leaves_out_what_is_below_the_level",
        ),
    ),
)
