"""Sections 1.1 to 1.8: environments, Init, Invoke, freeze, reset, shutdown, concurrency."""

from __future__ import annotations

from rules.rule import NOT_OBSERVED, VERSIONS, Rule

_SNAPSTART = "rules/test_snapstart_rules.py::test_"
_SNAPSHOT = "engine/test_snapstart.py::test_"
_CYCLE = "engine/test_life_cycle.py::test_"
_POOL = "engine/test_pool.py::test_"
_ERRORS = "engine/test_errors.py::test_"
_PYTHON = "engine/test_python_runtime.py::test_"
_RELOAD = "engine/test_reload.py::test_"
_FREEZE = "engine/test_freeze.py::test_"
_PROVISIONED = "rules/test_provisioned_rules.py::test_"
_INIT = "rules/test_init_rules.py::test_"
_ENDING = "rules/test_ending_rules.py::test_"
_JSON = "rules/test_json_log_rules.py::test_"
_CONCURRENCY = "rules/test_concurrency_rules.py::test_"
_EXTENSION = "extensions/test_extension_life.py::test_"
_FAILURE = "extensions/test_extension_failures.py::test_"
_INTERNAL = "extensions/test_internal_extensions.py::test_"
_CUSTOM = "engine/test_custom_runtimes.py::test_"
_SEQUENCES = "stateful/test_sequences.py::test_"

LIFE_CYCLE = (
    Rule(
        "1.1",
        "An environment serves one invocation at a time.",
        (
            _POOL + "concurrent_invocations_get_environments_of_their_own",
            _SEQUENCES + "a_random_sequence_loses_no_invocation_and_leaves_nothing",
        ),
    ),
    Rule(
        "1.1",
        "An environment goes through the states of one table only.",
        (
            "engine/test_transitions.py::test_every_step_that_the_table_lacks_is_illegal",
            _SEQUENCES + "a_random_sequence_loses_no_invocation_and_leaves_nothing",
        ),
    ),
    Rule(
        "1.1",
        "A new invocation takes the free warm environment that was used last.",
        (_POOL + "the_most_recently_used_environment_is_preferred",),
    ),
    Rule(
        "1.1",
        "Up to the reserved concurrency of a function run at a time, then it is throttled; "
        "0 blocks it.",
        (
            _CONCURRENCY + "more_than_the_reserved_concurrency_is_throttled_with_its_reason",
            _CONCURRENCY + "a_reserved_concurrency_of_zero_blocks_the_function",
        ),
    ),
    Rule(
        "1.1",
        "Functions share the account's concurrency less what is reserved of it.",
        (
            _CONCURRENCY + "what_is_reserved_is_taken_from_what_the_others_share",
            _POOL + "more_than_the_maximum_is_throttled",
        ),
    ),
    Rule(
        "1.2",
        "All extensions register before the runtime starts.",
        (
            _EXTENSION + "extensions_register_before_the_runtime_starts",
            _FAILURE + "the_runtime_does_not_start_before_all_have_registered",
        ),
    ),
    Rule(
        "1.2",
        "The runtime starts, then imports the function: two sub-phases, each timed.",
        (_INIT + "runtime_init_and_function_init_are_timed_in_this_order",),
    ),
    Rule(
        "1.2",
        "Init ends when the runtime and every extension want an event.",
        (
            _EXTENSION + "init_ends_with_the_state_of_each_extension",
            _FAILURE + "an_extension_that_never_asks_for_an_event_takes_all_of_inits_time",
        ),
    ),
    Rule(
        "1.2",
        "initStart, initRuntimeDone and initReport come in this order, before start.",
        (_CYCLE + "a_cold_start_initialises_invokes_and_freezes",),
    ),
    Rule(
        "1.2",
        "On demand, Init has 10 s; ahead of invocations 130 s or the timeout, if that is longer.",
        (
            _INIT + "the_limits_of_init_are_ten_and_a_hundred_and_thirty_seconds",
            _PROVISIONED + "the_limit_on_demand_does_not_hold_for_provisioned_concurrency",
            _PROVISIONED + "a_provisioned_init_may_take_as_long_as_the_function_if_that_is_more",
        ),
    ),
    Rule(
        "1.2",
        "An Init beyond its limit is repeated inside the first invocation, in its timeout.",
        (_CYCLE + "an_init_that_takes_too_long_is_repeated_inside_the_invocation",),
    ),
    Rule(
        "1.2",
        "An Init that fails is repeated inside the first invocation: its code runs twice.",
        (_CYCLE + "a_failing_init_runs_the_top_level_code_twice",),
    ),
    Rule(
        "1.2",
        "When the repeated Init fails too, the invocation ends with its error, and the next one "
        "tries again.",
        (
            _CYCLE + "a_failed_init_ends_with_a_report_of_its_error",
            _CYCLE + "a_file_that_was_mended_initialises_in_the_same_environment",
        ),
    ),
    Rule(
        "1.2",
        "An Init that keeps failing is tried on demand or after a change, never in a loop.",
        (_INIT + "an_init_that_keeps_failing_is_not_tried_in_a_loop",),
    ),
    Rule(
        "1.2",
        "A repeated Init that uses up the timeout makes the invocation a plain timeout.",
        (
            _CYCLE + "an_init_that_never_ends_uses_up_the_functions_own_timeout",
            _INIT + "a_timeout_bounds_a_repeated_init_and_the_handler_together",
        ),
    ),
    Rule(
        "1.2",
        "START comes after the repeated Init and its INIT_REPORT.",
        (
            _CYCLE + "a_failing_init_runs_the_top_level_code_twice",
            _INIT + "start_is_told_when_the_environment_goes_during_a_repeated_init",
        ),
    ),
    Rule(
        "1.2",
        "INIT_START is the first line of a cold environment.",
        (_INIT + "init_start_is_the_first_line_and_top_level_output_follows",),
    ),
    Rule(
        "1.3",
        "Code learns how it was initialised from AWS_LAMBDA_INITIALIZATION_TYPE.",
        (
            _PROVISIONED + "provisioned_environments_are_initialised_ahead_of_invocations",
            _PYTHON + "the_environment_is_awss_and_the_functions_own_and_nothing_of_the_shells",
        ),
    ),
    Rule(
        "1.3",
        "Provisioned environments are initialised ahead: no Init in the caller's latency.",
        (_PROVISIONED + "provisioned_environments_are_initialised_ahead_of_invocations",),
    ),
    Rule(
        "1.3",
        "What exceeds the provisioned environments spills over to on demand.",
        (_PROVISIONED + "what_exceeds_the_provisioned_environments_spills_over_to_on_demand",),
    ),
    Rule(
        "1.3",
        "Provisioned environments are kept when idle, and replaced when they go.",
        (
            _PROVISIONED + "provisioned_environments_are_not_removed_when_they_are_idle",
            _PROVISIONED + "provisioned_environments_are_replaced_when_they_are_gone",
            _PROVISIONED + "a_change_of_the_code_provisions_the_same_number_again",
        ),
    ),
    Rule(
        "1.3",
        "The first report of a provisioned environment has no Init Duration.",
        (_PROVISIONED + "the_first_report_of_a_provisioned_environment_has_no_init_duration",),
    ),
    Rule("1.3", "Provisioned concurrency belongs to a version or an alias.", (), VERSIONS),
    Rule(
        "1.4",
        "start, runtimeDone, report; then the environment is frozen.",
        (_CYCLE + "a_cold_start_initialises_invokes_and_freezes",),
    ),
    Rule(
        "1.4",
        "The environment is busy until its extensions are done.",
        (
            _EXTENSION + "the_caller_has_its_answer_before_extensions_are_done",
            _EXTENSION + "environments_with_extensions_run_side_by_side",
        ),
    ),
    Rule(
        "1.4",
        "The timeout bounds the whole phase, whatever the function does about it.",
        (
            _CYCLE + "a_timeout_ends_the_invocation_at_the_limit",
            _CYCLE + "nothing_escapes_its_timeout",
        ),
    ),
    Rule(
        "1.4",
        "A slow extension makes a timeout after the response.",
        (_EXTENSION + "an_extension_that_is_slow_after_the_answer_makes_a_timeout_of_it",),
    ),
    Rule(
        "1.4",
        "The deadline that the function is told is the start and the timeout.",
        (_PYTHON + "the_context_tells_the_time_that_remains",),
    ),
    Rule(
        "1.4",
        "A handler that raises is a success of its runtime: no reset, warm.",
        (_ERRORS + "a_handler_that_raises_is_a_success_of_its_runtime",),
    ),
    Rule(
        "1.4",
        "A runtime that owes a response gets the same event again.",
        (_CUSTOM + "who_asks_for_more_while_it_owes_an_answer_gets_the_same_event",),
    ),
    Rule(
        "1.5",
        "Freeze stops every process, daemons and threads included; they go on when thawed.",
        (_FREEZE + "threads_and_daemons_stand_still_while_frozen_and_go_on_when_thawed",),
    ),
    Rule(
        "1.5",
        "With work waiting there is no freeze in between.",
        (_POOL + "work_that_comes_before_the_freeze_needs_no_thaw",),
    ),
    Rule(
        "1.5",
        "Globals and /tmp are kept over warm invocations.",
        (_CYCLE + "a_warm_invocation_keeps_globals_and_tmp",),
    ),
    Rule(
        "1.5",
        "Open connections are kept over a freeze.",
        (_ENDING + "an_open_connection_outlives_a_freeze",),
    ),
    Rule(
        "1.5",
        "The wall clock has jumped after a thaw, and the remaining time is right all the same.",
        (
            _ENDING + "wall_clock_time_has_jumped_after_a_thaw",
            _ENDING + "the_remaining_time_is_right_after_a_thaw",
        ),
    ),
    Rule(
        "1.5",
        "An idle environment is removed after a while; a busy one is not counted down.",
        (
            _POOL + "an_idle_environment_is_removed_when_its_time_is_up",
            _POOL + "a_busy_environment_is_not_counted_down",
        ),
    ),
    Rule("1.5", "Environments are recycled every few hours.", (), NOT_OBSERVED),
    Rule(
        "1.6",
        "An exit of the runtime, any status, or a signal resets the environment.",
        (_CYCLE + "a_runtime_that_ends_fails_the_invocation_in_awss_words",),
    ),
    Rule(
        "1.6",
        "A reset keeps /tmp and loses the process's memory; Init is part of the next invocation.",
        (_CYCLE + "after_a_crash_tmp_is_kept_and_globals_are_gone",),
    ),
    Rule(
        "1.6",
        "A reset ends every process of the environment.",
        (
            _CYCLE + "a_crash_ends_what_the_function_left_running",
            _FREEZE + "a_reset_ends_threads_and_daemons_for_good",
        ),
    ),
    Rule(
        "1.6",
        "The environment keeps its log stream over a reset.",
        (_ENDING + "a_reset_environment_keeps_its_log_stream_and_a_new_one_has_its_own",),
    ),
    Rule(
        "1.6",
        "Extensions get SHUTDOWN with failure or timeout.",
        (
            _EXTENSION + "a_reset_tells_extensions_why_and_starts_them_again",
            _FAILURE + "the_others_are_told_of_a_crash",
        ),
    ),
    Rule(
        "1.6",
        "runtimeDone of a reset is timeout, or error with its type.",
        (
            _CYCLE + "a_runtime_that_ends_fails_the_invocation_in_awss_words",
            _JSON + "a_failure_has_its_error_type_in_the_envelope",
        ),
    ),
    Rule(
        "1.6",
        "The first fatal error of a phase wins.",
        (_FAILURE + "an_error_that_an_extension_reports_fails_init",),
    ),
    Rule(
        "1.7",
        "Without extensions the budget is 0 ms: killed at once, no SIGTERM, no exit functions.",
        (
            _ENDING + "without_extensions_nothing_tells_the_runtime_of_its_shutdown",
            _ENDING + "without_extensions_nothing_tells_the_runtime_of_its_reset",
            _ENDING + "shutdown_without_extensions_takes_no_time",
        ),
    ),
    Rule(
        "1.7",
        "The budget is 500 ms with internal, 2,000 ms with external ones.",
        (
            _EXTENSION + "an_extension_that_does_not_end_is_killed",
            _EXTENSION + "the_runtime_is_told_of_its_end_only_beside_an_extension",
            _EXTENSION + "shutdown_has_two_seconds_in_all",
            _INTERNAL + "beside_an_internal_extension_the_runtime_is_told_of_its_end",
            _INTERNAL + "beside_an_internal_extension_a_deaf_runtime_is_killed",
        ),
    ),
    Rule(
        "1.7",
        "Nothing of an environment outlives its shutdown.",
        (
            "engine/test_ends.py::test_closing_ends_everything_at_once",
            _SEQUENCES + "a_random_sequence_loses_no_invocation_and_leaves_nothing",
        ),
    ),
    Rule(
        "1.7",
        "After a change of the code, a busy environment answers first and is then replaced.",
        (
            _RELOAD + "a_busy_environment_answers_first_and_is_then_replaced",
            _RELOAD + "no_invocation_is_lost_to_saves_during_a_burst",
        ),
    ),
    Rule(
        "1.8",
        "Init runs once, ahead of invocations, within the larger of 130 s and the timeout.",
        (
            _SNAPSHOT + "a_snapshot_is_taken_ahead_of_invocations_and_frozen",
            _SNAPSHOT + "what_was_initialised_once_is_in_every_restored_environment",
            _SNAPSHOT + "a_snapshot_has_the_time_that_aws_gives_an_init_ahead_of_invocations",
        ),
    ),
    Rule(
        "1.8",
        "A cold start is a Restore of memory and disk; it has 10 s.",
        (
            _SNAPSHOT + "a_restored_environment_is_restored_invoked_and_frozen",
            _SNAPSHOT + "a_restored_environment_has_a_tmp_of_its_own_with_the_snapshots_files",
            _SNAPSHOT + "random_numbers_repeat_in_every_environment_as_on_aws",
            _SNAPSHOT + "a_restore_that_takes_too_long_is_given_up",
        ),
    ),
    Rule(
        "1.8",
        "Hooks run before the snapshot in reverse, and after each restore in order.",
        (
            _SNAPSTART + "hooks_run_before_the_snapshot_in_reverse_and_after_the_restore_in_order",
            _SNAPSTART + "without_snapstart_no_hook_is_run",
        ),
    ),
    Rule(
        "1.8",
        "Log group and log stream are not known; the initialization type is snap-start.",
        (_SNAPSTART + "a_snapshot_knows_no_log_stream_and_its_initialization_type",),
    ),
    Rule(
        "1.8",
        "SnapStartException is 400, SnapStartTimeoutException is 408.",
        ("apis/test_snapstart_errors.py::test_what_cannot_be_restored_is_awss_error",),
    ),
)
