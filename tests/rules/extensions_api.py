"""Sections 3.1 to 3.5: the Extensions API, and extensions in the life of an environment."""

from __future__ import annotations

from rules.rule import Rule

_API = "apis/test_extensions_api.py::test_"
_LIFE = "extensions/test_extension_life.py::test_"
_FAILURES = "extensions/test_extension_failures.py::test_"
_INTERNAL = "extensions/test_internal_extensions.py::test_"
_LANGUAGES = "extensions/test_extension_languages.py::test_"

EXTENSIONS_API = (
    Rule(
        "3.1",
        "Each file in /opt/extensions is an extension with the file's name, whatever it is in.",
        (
            _LIFE + "an_extension_is_told_of_each_invocation_and_of_the_end",
            _LANGUAGES + "a_bash_extension_hears_of_its_events",
            _LANGUAGES + "a_node_extension_hears_of_everything",
        ),
    ),
    Rule(
        "3.1",
        "Another name is an internal extension's, inside the runtime.",
        (
            _API + "another_name_is_an_internal_extensions",
            _INTERNAL + "an_internal_extension_hears_of_invocations",
            _INTERNAL + "internal_and_external_extensions_go_together",
        ),
    ),
    Rule(
        "3.1",
        "Ten at most, internal ones included.",
        (
            _API + "the_eleventh_extension_is_one_too_many",
            _LIFE + "ten_extensions_are_not_too_many",
            _FAILURES + "eleven_extensions_are_too_many",
        ),
    ),
    Rule(
        "3.1",
        "Extensions have the function's variables but for the runtime's.",
        (_LIFE + "an_extension_is_told_what_is_of_no_concern_to_the_runtime",),
    ),
    Rule(
        "3.2",
        "register: 200, identifier header; name, version and handler of the function.",
        (_API + "an_extension_registers_under_its_name",),
    ),
    Rule(
        "3.2",
        "register: the account for who accepts the feature; others are ignored.",
        (
            _API + "the_account_is_told_to_who_accepts_it",
            _API + "a_feature_that_nobody_knows_is_ignored",
        ),
    ),
    Rule(
        "3.2",
        "register: the list of events may be empty.",
        (_API + "an_extension_need_not_want_any_event",),
    ),
    Rule("3.2", "register: 403 InvalidExtensionName.", (_API + "an_extension_has_a_name",)),
    Rule(
        "3.2",
        "register: 403 InvalidRequestFormat, for configuration keys too.",
        (
            _API + "a_body_of_another_form_is_refused",
            _API + "any_body_registers_or_is_refused",
        ),
    ),
    Rule(
        "3.2",
        "register: 403 InvalidEventType; no SHUTDOWN for internal ones.",
        (
            _API + "an_extension_wants_events_that_there_are",
            _INTERNAL + "an_internal_extension_hears_of_invocations",
        ),
    ),
    Rule("3.2", "register: 403 InvalidExtensionState.", (_API + "an_extension_registers_once",)),
    Rule(
        "3.2",
        "register: 403 RegistrationClosed after Init.",
        (
            _API + "nobody_registers_after_init",
            _INTERNAL + "nobody_registers_after_init",
        ),
    ),
    Rule(
        "3.3",
        "next: waits without limit; 200 with the event, and its identifier as a header.",
        (
            _API + "next_waits_for_an_invocation",
            _API + "next_waits_for_the_end",
            _API + "each_event_has_an_identifier_of_its_own",
            _API + "an_event_that_came_in_the_meantime_is_given_at_once",
        ),
    ),
    Rule(
        "3.3",
        "next: 403 for an identifier that is missing, malformed or unknown.",
        (
            _API + "an_extension_says_who_it_is",
            _API + "an_extension_that_has_not_registered_is_unknown",
        ),
    ),
    Rule(
        "3.3",
        "next: 403 InvalidExtensionState for a second one at a time, and after an error.",
        (
            _API + "an_extension_waits_once_at_a_time",
            _API + "after_an_error_there_are_no_events",
            _API + "an_extension_that_hangs_up_may_ask_again",
        ),
    ),
    Rule(
        "3.4",
        "init/error: 202 while registered, and again; 403 later.",
        (
            _API + "an_error_in_init_is_fatal",
            _API + "a_repeated_error_is_taken_and_the_first_counts",
            _API + "there_is_no_error_of_init_after_it",
        ),
    ),
    Rule(
        "3.4",
        "exit/error: 202 in each state.",
        (
            _API + "an_error_at_exit_is_fatal_in_every_state",
            _API + "a_repeated_error_is_taken_and_the_first_counts",
        ),
    ),
    Rule(
        "3.4",
        "Both: 403 MissingHeader without an error type; the body is not looked at.",
        (
            _API + "an_error_has_a_type",
            _API + "what_an_error_says_is_its_own_affair",
        ),
    ),
    Rule(
        "3.4",
        "The error type that was sent shows in platform.extension, ours in the report.",
        (
            _FAILURES + "an_error_that_an_extension_reports_fails_init",
            _FAILURES + "an_error_that_an_extension_reports_fails_the_invocation",
            _LANGUAGES + "a_bash_extension_reports_its_error",
        ),
    ),
    Rule(
        "3.5",
        "The end of an extension's process is Extension.Crash, in AWS's words.",
        (
            _FAILURES + "an_extension_that_ends_in_init_is_a_crash",
            _FAILURES + "an_extension_that_crashes_in_an_invocation_fails_it",
            _FAILURES + "a_crash_after_the_answer_shows_in_the_report_alone",
        ),
    ),
    Rule(
        "3.5",
        "What cannot be executed is Extension.LaunchError, with its reason.",
        (_FAILURES + "what_cannot_be_executed_is_a_launch_error",),
    ),
    Rule(
        "3.5",
        "One that never registers, or never asks for an event, makes Init time out.",
        (
            _FAILURES + "an_extension_that_never_registers_takes_all_of_inits_time",
            _FAILURES + "an_extension_that_never_asks_for_an_event_takes_all_of_inits_time",
        ),
    ),
    Rule(
        "3.5",
        "After a reset all are started and register again.",
        (
            _LIFE + "a_reset_tells_extensions_why_and_starts_them_again",
            _FAILURES + "after_a_failure_the_next_invocation_begins_anew",
            _API + "who_waits_at_a_reset_is_answered",
        ),
    ),
    Rule(
        "3.5",
        "Each path has its method; there is nothing elsewhere; bodies have a limit.",
        (
            _API + "each_path_has_its_method",
            _API + "there_is_nothing_elsewhere",
            _API + "a_body_of_more_than_a_megabyte_is_refused",
        ),
    ),
)
