"""Sections 4.1 to 4.4: the Telemetry API and the Logs API."""

from __future__ import annotations

from rules.rule import Rule

_SNAPSTART = "rules/test_snapstart_rules.py::test_"
_API = "apis/test_telemetry_api.py::test_"
_SUBSCRIPTION = "apis/test_telemetry_subscription.py::test_"
_DELIVERY = "apis/test_telemetry_delivery.py::test_"
_RECORDS = "engine/test_telemetry_records.py::test_"
_REAL = "extensions/test_extension_telemetry.py::test_"
_LANGUAGES = "extensions/test_extension_languages.py::test_"

TELEMETRY_API = (
    Rule("4.1", '200 and "OK".', (_API + "a_subscription_is_taken",)),
    Rule(
        "4.1",
        "schemaVersion: three, required; the Logs API's two, with a default.",
        (
            _SUBSCRIPTION + "each_schema_of_the_telemetry_api_is_taken",
            _SUBSCRIPTION + "the_logs_api_has_schemas_and_a_default_of_its_own",
        ),
    ),
    Rule(
        "4.1",
        "types: one or more of three.",
        (
            _SUBSCRIPTION + "a_wrong_field_is_named",
            _SUBSCRIPTION + "a_type_that_is_named_twice_counts_once",
        ),
    ),
    Rule(
        "4.1",
        "buffering: AWS's defaults and limits.",
        (
            _SUBSCRIPTION + "buffering_has_awss_defaults",
            _SUBSCRIPTION + "a_wrong_field_is_named",
        ),
    ),
    Rule(
        "4.1",
        "destination: HTTP to sandbox.localdomain or sandbox, or a TCP port; 9001 is reserved.",
        (
            _SUBSCRIPTION + "a_valid_request_is_read_whole",
            _SUBSCRIPTION + "a_tcp_destination_is_a_port",
            _SUBSCRIPTION + "a_uri_leads_into_the_environment_or_nowhere",
            _SUBSCRIPTION + "no_uri_breaks_out_of_the_request_line",
        ),
    ),
    Rule(
        "4.1",
        "400 ValidationError names all that is wrong.",
        (
            _API + "all_that_is_wrong_with_a_subscription_is_said",
            _API + "any_body_is_answered_with_a_refusal",
            _SUBSCRIPTION + "all_that_is_wrong_is_said_at_once",
            _SUBSCRIPTION + "what_is_no_json_is_refused",
            _SUBSCRIPTION + "any_json_is_a_subscription_or_a_refusal",
        ),
    ),
    Rule(
        "4.1",
        "403 for an identifier that is missing, malformed or unknown.",
        (_API + "only_a_registered_extension_subscribes",),
    ),
    Rule(
        "4.1",
        "403 SubscriptionClosed after Init.",
        (
            _API + "nobody_subscribes_after_init",
            _REAL + "one_subscribes_to_one_of_the_two_apis_and_during_init",
        ),
    ),
    Rule(
        "4.1",
        "A repeated subscription is one; another one replaces it.",
        (
            _API + "a_repeated_subscription_is_taken_and_changes_nothing",
            _API + "another_subscription_takes_the_place_of_the_first",
        ),
    ),
    Rule(
        "4.1",
        "One of the two APIs for each extension.",
        (
            _API + "one_extension_subscribes_to_one_of_the_two_apis",
            _REAL + "one_subscribes_to_one_of_the_two_apis_and_during_init",
        ),
    ),
    Rule(
        "4.1",
        "202 NotSupported is for places without telemetry.",
        (),
        "telemetry is supported here",
    ),
    Rule(
        "4.1",
        "Each path has its method; there is nothing elsewhere.",
        (
            _API + "each_path_has_its_method",
            _API + "the_path_may_end_in_a_slash",
            _API + "there_is_nothing_elsewhere",
        ),
    ),
    Rule(
        "4.2",
        "HTTP: a POST of a JSON array, the path kept; below 400 it is taken.",
        (
            _DELIVERY + "a_batch_is_a_post_of_a_json_array_to_the_path",
            _DELIVERY + "an_answer_below_400_takes_the_batch",
            _SUBSCRIPTION + "the_path_of_a_uri_is_kept",
        ),
    ),
    Rule(
        "4.2",
        "TCP: a line for each event on one connection.",
        (
            _DELIVERY + "over_tcp_each_event_is_a_line_on_one_connection",
            _DELIVERY + "a_lost_tcp_connection_is_made_anew",
            _API + "over_tcp_a_subscription_works_alike",
            _REAL + "over_tcp_come_the_same_events",
        ),
    ),
    Rule(
        "4.2",
        "A batch goes at its items, its bytes or its time since the first event.",
        (
            _DELIVERY + "a_batch_goes_when_it_has_its_items",
            _DELIVERY + "a_batch_goes_when_it_has_its_bytes_and_passes_them_by_one_event",
            _DELIVERY + "a_batch_goes_when_its_time_is_over",
            _DELIVERY + "a_buffers_time_runs_from_its_first_event",
        ),
    ),
    Rule(
        "4.2",
        "A batch goes when a stream has ended: the runtime has crashed.",
        (
            _DELIVERY + "a_batch_goes_when_the_runtime_has_ended",
            _REAL + "a_lost_runtime_shows_in_the_telemetry_of_its_environment",
        ),
    ),
    Rule(
        "4.2",
        "Events from before the subscription come first.",
        (
            _API + "what_was_before_the_subscription_comes_first",
            _REAL + "everything_since_the_beginning_has_come_before_the_shutdown_event",
        ),
    ),
    Rule(
        "4.2",
        "Failed deliveries are tried again, a listener that comes late has all.",
        (
            _DELIVERY + "a_batch_that_is_not_taken_is_sent_again",
            _DELIVERY + "a_listener_that_comes_late_has_all",
        ),
    ),
    Rule(
        "4.2",
        "What cannot be kept or delivered is dropped and told as platform.logsDropped.",
        (
            _DELIVERY + "a_batch_that_is_never_taken_is_dropped_and_told_of",
            _DELIVERY + "the_loss_of_what_tells_of_a_loss_is_not_told",
            _DELIVERY + "a_listener_that_never_answers_costs_a_bounded_buffer_and_no_time",
            _DELIVERY + "a_tcp_subscriber_that_does_not_read_costs_a_bounded_buffer",
            _DELIVERY + "a_buffer_keeps_four_batches_and_gives_them_in_order",
            _REAL + "a_listener_that_refuses_everything_does_not_hold_the_function_up",
        ),
    ),
    Rule(
        "4.2",
        "Delivery waits while the environment is frozen, and goes on after the thaw.",
        (
            _DELIVERY + "nothing_is_sent_to_a_frozen_environment_and_all_after_its_thaw",
            _DELIVERY + "a_delivery_under_way_waits_for_the_thaw_and_does_not_count_as_failed",
            _REAL + "a_freeze_loses_nothing_and_repeats_nothing",
        ),
    ),
    Rule(
        "4.2",
        "Before SHUTDOWN all is delivered.",
        (
            _DELIVERY + "all_goes_at_once_when_the_environment_ends",
            _API + "all_has_come_before_the_shutdown_event",
            _API + "a_subscriber_that_cannot_listen_still_hears_of_its_end",
            _API + "a_reset_ends_all_subscriptions",
        ),
    ),
    Rule(
        "4.3",
        "Each event has its envelope and record.",
        (
            _RECORDS + "an_init_names_its_instance_and_its_memory",
            _RECORDS + "a_report_has_its_metrics_its_outcome_and_the_extensions_overhead",
            _RECORDS + "what_concerns_extensions_has_awss_fields",
            _RECORDS + "what_aws_has_no_word_for_is_no_telemetry",
            _REAL + "everything_since_the_beginning_has_come_before_the_shutdown_event",
            _LANGUAGES + "a_node_extension_hears_of_everything",
        ),
    ),
    Rule(
        "4.3",
        "Spans have a name, a start and a duration.",
        (_RECORDS + "spans_follow_one_another_up_to_their_event",),
    ),
    Rule("4.3", "A sampled trace shows.", (_RECORDS + "only_a_sampled_trace_shows",)),
    Rule(
        "4.3",
        "JSON lines are objects from schema 2022-12-13 on where JSON is the log format.",
        (
            _RECORDS + "a_json_line_is_an_object_where_json_is_the_log_format",
            _RECORDS + "any_other_line_stays_a_string",
            _REAL + "a_json_line_is_an_object_from_the_second_schema_on",
        ),
    ),
    Rule(
        "4.3",
        "Only the streams that were subscribed to are heard, extensions' own lines among them.",
        (
            _DELIVERY + "only_the_streams_that_were_subscribed_to_are_heard",
            _API + "each_subscriber_hears_of_the_others_subscription",
            _REAL + "what_extensions_write_is_heard_by_who_subscribes_to_it",
        ),
    ),
    Rule(
        "4.3",
        "restoreStart, restoreRuntimeDone, restoreReport.",
        (
            _SNAPSTART + "a_restore_is_told_in_three_records",
            _SNAPSTART + "a_restore_that_fails_is_told_with_its_error",
        ),
    ),
    Rule(
        "4.4",
        "The Logs API has start, end, report, fault, extension, logsSubscription, logsDropped.",
        (
            _RECORDS + "the_logs_api_ends_an_invocation_before_it_reports_it",
            _RECORDS + "the_logs_api_has_a_fault_for_a_process_that_has_gone",
            _RECORDS + "the_logs_api_shares_the_records_of_extensions",
            _RECORDS + "the_logs_api_knows_no_init",
            _RECORDS + "lines_are_strings_in_the_logs_api",
            _REAL + "the_logs_api_has_records_of_its_own",
        ),
    ),
    Rule(
        "4.4",
        "runtimeDone in the schema 2021-03-18 only.",
        (
            _RECORDS + "the_logs_api_tells_of_the_runtime_in_its_later_schema_only",
            _REAL + "the_logs_api_has_records_of_its_own",
        ),
    ),
    Rule(
        "4.4",
        "A destination may name its method.",
        (
            _SUBSCRIPTION + "only_the_logs_api_lets_the_method_be_chosen",
            _DELIVERY + "the_logs_apis_method_is_used",
        ),
    ),
)
