'use strict';

/**
 * The script that an environment's init process executes `node` with. `_LAMBDA_TUI_CHANNEL` says
 * which descriptor the engine is on, `_LAMBDA_TELEMETRY_LOG_FD` which takes whole records; all else
 * is in the environment as on AWS.
 */

const descriptor = Number(process.env._LAMBDA_TUI_CHANNEL);
const logDescriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
delete process.env._LAMBDA_TUI_CHANNEL;
delete process.env._LAMBDA_TELEMETRY_LOG_FD;
process.argv.splice(1, process.argv.length, '/var/runtime/index.mjs');
process.mainModule = undefined;

const { searchNodePath } = require('./layers.cjs');
const { patchConsole } = require('./logs.cjs');
const { defineAwslambda } = require('./response_stream.cjs');
const { Runtime } = require('./runtime.cjs');

patchConsole(logDescriptor);
defineAwslambda();
searchNodePath();
new Runtime(descriptor).start(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
