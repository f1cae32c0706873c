"""Sections 8.3, 8.4 and 9: what a function finds around it, and its limits."""

from __future__ import annotations

from rules.rule import Rule

_ERRORS = "engine/test_errors.py::test_"
_INTERNAL = "extensions/test_internal_extensions.py::test_"
_PYTHON = "engine/test_python_runtime.py::test_"
_NODE = "runtimes/test_node_runtime.py::test_"
_PROCESS = "engine/test_function_process.py::test_"
_SANDBOX = "engine/test_sandbox.py::test_"
_ERROR = "rules/test_error_rules.py::test_"
_RECORDED = "recorded/test_recorded.py::test_"
_ENDING = "rules/test_ending_rules.py::test_"
_CONCURRENCY = "rules/test_concurrency_rules.py::test_"

_LAYERS = "project/test_layers.py::test_"
_OPT = "engine/test_layers_in_opt.py::test_"

LAYERS = (
    Rule(
        "8.2",
        "Layers are unpacked into /opt in their order; of equal paths the last one's holds.",
        (
            _LAYERS + "several_layers_are_merged_in_their_order",
            _OPT + "of_several_layers_the_last_ones_file_holds",
            "project/test_merged_folders.py::test_of_equal_paths_the_last_folders_holds",
        ),
    ),
    Rule(
        "8.2",
        "/opt is read-only.",
        (_OPT + "a_layer_stands_at_opt_and_cannot_be_written",),
    ),
    Rule(
        "8.2",
        "Python finds the code first, then site-packages of the layers, then their python folder.",
        (
            _PYTHON + "the_code_is_first_on_the_import_path_then_the_layers",
            _OPT + "modules_and_programs_of_a_layer_are_found",
            _OPT + "the_functions_own_module_goes_before_a_layers",
        ),
    ),
    Rule(
        "8.2",
        "/opt/bin is in PATH, /opt/lib in LD_LIBRARY_PATH.",
        (
            _OPT + "modules_and_programs_of_a_layer_are_found",
            "engine/test_own_interpreter.py::test_shared_libraries_are_found_by_name",
        ),
    ),
    Rule(
        "8.2",
        "Node.js finds modules in the nodejs folders of layers.",
        ("engine/test_node_functions.py::test_modules_of_layers_are_found",),
    ),
    Rule("8.2", "Java, Ruby and .NET find theirs.", (), "their runtimes do not exist here"),
)

ENVIRONMENT = (
    Rule(
        "8.3",
        "/tmp can be written, all else is read-only.",
        (
            _SANDBOX + "a_write_outside_tmp_meets_a_read_only_file_system",
            _SANDBOX + "everything_but_tmp_and_devices_is_mounted_read_only",
            _SANDBOX + "tmp_is_for_everybody_and_executable",
        ),
    ),
    Rule(
        "8.3",
        "/tmp has its size; a full one is ENOSPC.",
        (_SANDBOX + "a_full_tmp_says_so_at_the_configured_size",),
    ),
    Rule(
        "8.3",
        "/tmp is the environment's own and goes with it.",
        (
            _SANDBOX + "two_environments_never_see_each_others_tmp",
            _ENDING + "tmp_is_gone_with_its_environment",
        ),
    ),
    Rule(
        "8.3",
        "1,024 descriptors and 1,024 processes and threads.",
        (_PROCESS + "a_function_has_awss_limits",),
    ),
    Rule("8.3", "The user is sbx_user1051.", (), "its id differs between runtimes on AWS"),
    Rule("8.3", "/dev/shm is of no use.", (), "AWS documents it for older images only"),
    Rule("8.3", "The metadata service.", (), "it does not exist yet"),
    Rule(
        "8.4",
        "The context has AWS's fields, with AWS's types.",
        (
            _PYTHON + "the_context_has_every_field_of_awss",
            _RECORDED + "the_payload_is_the_recorded_one",
        ),
    ),
    Rule(
        "8.4",
        "The remaining time is never below 0 and right after a thaw.",
        (
            _PYTHON + "the_context_tells_the_time_that_remains",
            _ENDING + "the_remaining_time_is_right_after_a_thaw",
        ),
    ),
    Rule(
        "8.4",
        "context.log writes without a line end of its own.",
        (_PYTHON + "the_context_logs_without_a_line_end_of_its_own",),
    ),
    Rule(
        "8.4",
        "The client context is the caller's; the identity is there, its fields are None.",
        (_ERROR + "the_client_context_is_what_the_caller_sent",),
    ),
    Rule(
        "8.4",
        "A tenant is for functions with tenants only.",
        ("apis/test_broken_requests.py::test_a_tenant_is_refused_by_a_function_without_tenants",),
    ),
    Rule(
        "8.4",
        "Cognito identity and w3c of a caller.",
        (),
        "the Invoke API hands on what the client context holds, and nothing of its own",
    ),
    Rule("8.4", "A handler may lie in a folder.", (_PYTHON + "a_handler_may_lie_in_a_folder",)),
    Rule(
        "8.4",
        "The context and the handler strings of Node.js.",
        (
            _NODE + "the_context_has_every_field_of_awss",
            _NODE + "the_remaining_time_may_be_negative",
            _NODE + "a_handler_is_found_where_aws_finds_it",
            _NODE + "the_nearest_package_json_makes_a_js_file_an_es_module",
            _RECORDED + "the_payload_is_the_recorded_one",
        ),
    ),
)

_REFUSED = ("project/test_template.py::test_a_setting_that_aws_refuses_leaves_the_function_out",)

LIMITS = (
    Rule("9", "Memory is 128 to 10,240 MB.", _REFUSED),
    Rule("9", "The timeout is 1 to 900 s.", _REFUSED),
    Rule("9", "/tmp is 512 to 10,240 MB.", _REFUSED),
    Rule("9", "CPU is in proportion to memory.", (), "functions run at the machine's own speed"),
    Rule(
        "9",
        "A request has 6,291,456 bytes at most.",
        (_CONCURRENCY + "a_request_of_6291456_bytes_is_the_largest",),
    ),
    Rule(
        "9",
        "A response has 6,291,556 bytes at most.",
        (_ERRORS + "a_response_of_six_megabytes_and_a_hundred_bytes_is_the_largest",),
    ),
    Rule(
        "9",
        "An asynchronous event has 1 MB at most.",
        ("apis/test_boto3.py::test_an_asynchronous_event_may_have_1_mb",),
    ),
    Rule(
        "9",
        "A streamed response has 200 MB at most, and all but its first 6 MB come slowly.",
        (),
        "a response is one chunk yet",
    ),
    Rule(
        "9", "1,024 descriptors, processes and threads.", (_PROCESS + "a_function_has_awss_limits",)
    ),
    Rule(
        "9",
        "1,000 invocations of the account at a time, unless it is set otherwise.",
        (
            _CONCURRENCY + "what_is_reserved_is_taken_from_what_the_others_share",
            "rules/test_contract.py::test_the_accounts_concurrency_is_a_thousand",
        ),
    ),
    Rule("9", "1,000 new environments in 10 s.", (), "no developer's machine comes near it"),
    Rule(
        "9",
        "10 requests a second for each environment.",
        (),
        "AWS counts them over time, and how is not documented",
    ),
    Rule("9", "5 layers.", (_LAYERS + "layers_that_aws_refuses_leave_the_function_out",)),
    Rule(
        "9",
        "10 extensions.",
        (
            "extensions/test_extension_life.py::test_ten_extensions_are_not_too_many",
            "extensions/test_extension_failures.py::test_eleven_extensions_are_too_many",
        ),
    ),
    Rule(
        "9",
        "250 MB of code and layers, unpacked.",
        (
            _LAYERS + "code_and_layers_of_more_than_250_mb_are_said",
            "project/test_archive.py::test_more_than_lambda_takes_is_refused_unread",
        ),
    ),
    Rule("9", "4 KB of variables.", _REFUSED),
    Rule(
        "9",
        "128 letters of handler.",
        ("project/test_template.py::test_what_the_function_cannot_do_without_leaves_it_out",),
    ),
    Rule(
        "9",
        "The budgets of shutdown: 0, 500 and 2,000 ms.",
        (
            "rules/test_ending_rules.py::test_shutdown_without_extensions_takes_no_time",
            _INTERNAL + "beside_an_internal_extension_a_deaf_runtime_is_killed",
            "extensions/test_extension_life.py::test_shutdown_has_two_seconds_in_all",
        ),
    ),
)
