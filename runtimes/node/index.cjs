'use strict';

/**
 * The script that `node` executes to become a function's runtime. `_LAMBDA_TUI_CHANNEL` is the number
 * of the descriptor to the engine, `_LAMBDA_TELEMETRY_LOG_FD` that for whole log records, and
 * `_LAMBDA_TUI_RUNTIME_API` is the engine's address of the Runtime API; all other variables are as on
 * AWS. Where a wrapper has put another address in the place of the engine's, the runtime calls the
 * Runtime API there, and leaves the channel alone.
 */

const fs = require('node:fs');

const descriptor = Number(process.env._LAMBDA_TUI_CHANNEL);
const logDescriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
const address = process.env.AWS_LAMBDA_RUNTIME_API;
const isProxied = address !== process.env._LAMBDA_TUI_RUNTIME_API;
// Hidden, with the script's own path, before the first module of the function can see them.
delete process.env._LAMBDA_TUI_CHANNEL;
delete process.env._LAMBDA_TELEMETRY_LOG_FD;
delete process.env._LAMBDA_TUI_RUNTIME_API;
process.argv.splice(1, process.argv.length, '/var/runtime/index.mjs');
process.mainModule = undefined;

const { Channel } = require('./channel.cjs');
const { searchNodePath } = require('./node_path.cjs');
const { patchConsole } = require('./logs.cjs');
const { defineAwslambda } = require('./response_stream.cjs');
const { Runtime } = require('./runtime.cjs');

patchConsole(logDescriptor);
defineAwslambda();
searchNodePath();
if (isProxied) fs.closeSync(descriptor);
new Runtime(isProxied ? toProxy : toEngine).start(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);

function toEngine(onEvent) {
  return new Channel(descriptor, onEvent, () => process.exit(0));
}

function toProxy(onEvent, onFailure) {
  const { RuntimeApi } = require('./runtime_api.cjs');
  return new RuntimeApi(address, onEvent, onFailure);
}
