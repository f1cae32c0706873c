post init/error -H "Lambda-Runtime-Function-Error-Type: Runtime.ImportModuleError" \
    -d '{"errorType": "Runtime.ImportModuleError", "errorMessage": "no nothing_of_this_name"}'
exit 1
