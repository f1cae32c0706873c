'use strict';

/**
 * The script that `node` executes to become a function's runtime. `_LAMBDA_TUI_CHANNEL` is the number
 * of the descriptor to the engine, `_LAMBDA_TELEMETRY_LOG_FD` that for whole log records; all other
 * variables are as on AWS.
 */

const descriptor = Number(process.env._LAMBDA_TUI_CHANNEL);
const logDescriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
// Hidden, with the script's own path, before the first module of the function can see them.
delete process.env._LAMBDA_TUI_CHANNEL;
delete process.env._LAMBDA_TELEMETRY_LOG_FD;
process.argv.splice(1, process.argv.length, '/var/runtime/index.mjs');
process.mainModule = undefined;

const { searchNodePath } = require('./node_path.cjs');
const { patchConsole } = require('./logs.cjs');
const { defineAwslambda } = require('./response_stream.cjs');
const { Runtime } = require('./runtime.cjs');

patchConsole(logDescriptor);
defineAwslambda();
searchNodePath();
new Runtime(descriptor).start(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
