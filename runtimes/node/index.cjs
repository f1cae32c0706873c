'use strict';

/**
 * The script that `node` executes to become a function's runtime. `_LAMBDA_TUI_CHANNEL` is the number
 * of the descriptor to the engine, `_LAMBDA_TELEMETRY_LOG_FD` that for whole log records, and
 * `_LAMBDA_TUI_RUNTIME_API` is the engine's address of the Runtime API. `_LAMBDA_TUI_LAYERS`
 * and `_LAMBDA_TUI_SDK` are the real places of `/opt` and `/var/runtime`, and `_LAMBDA_TUI_MOUNTS` those
 * of file systems, and `_LAMBDA_TUI_STORAGE_MB` is the size of `/tmp`, where the environment has no file system of its own. All other variables are as on
 * AWS. Where a wrapper has put another address in the place of the engine's, the runtime calls the
 * Runtime API there, and leaves the channel alone.
 */

const fs = require('node:fs');
const Module = require('node:module');

/** The script of AWS's runtime, which all frames of this one name as their file. */
const SCRIPT = '/var/runtime/index.mjs';

const descriptor = Number(process.env._LAMBDA_TUI_CHANNEL);
const logDescriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
const address = process.env.AWS_LAMBDA_RUNTIME_API;
const { _LAMBDA_TUI_LAYERS: layersRoot, _LAMBDA_TUI_SDK: sdkRoot } = process.env;
const mounts = JSON.parse(process.env._LAMBDA_TUI_MOUNTS ?? '[]');
const storageSize = Number(process.env._LAMBDA_TUI_STORAGE_MB);
const isProxied = address !== process.env._LAMBDA_TUI_RUNTIME_API;
// Hidden, with the script's own path, before the first module of the function can see them.
delete process.env._LAMBDA_TUI_CHANNEL;
delete process.env._LAMBDA_TELEMETRY_LOG_FD;
delete process.env._LAMBDA_TUI_RUNTIME_API;
delete process.env._LAMBDA_TUI_LAYERS;
delete process.env._LAMBDA_TUI_SDK;
delete process.env._LAMBDA_TUI_MOUNTS;
delete process.env._LAMBDA_TUI_STORAGE_MB;
process.argv.splice(1, process.argv.length, SCRIPT);
process.mainModule = undefined;

Module._extensions['.cjs'] = (module, file) => module._compile(fs.readFileSync(file, 'utf8'), SCRIPT);

const { Channel } = require('./channel.cjs');
const { searchNodePath } = require('./node_path.cjs');
const { patchConsole } = require('./logs.cjs');
const { defineAwslambda } = require('./response_stream.cjs');
const { Runtime } = require('./runtime.cjs');

patchConsole(logDescriptor);
defineAwslambda();
const paths =
  layersRoot === undefined
    ? undefined
    : require('./paths.cjs').translatePaths(layersRoot, sdkRoot, mounts, storageSize);
searchNodePath(require.resolve('./node_path.cjs'), paths);
if (isProxied) fs.closeSync(descriptor);
const runtime = new Runtime(isProxied ? toProxy : toEngine);
hideModules();
// After this script, which then is no frame of the function's stacks.
queueMicrotask(runtime.start.bind(runtime, process.env.LAMBDA_TASK_ROOT, process.env._HANDLER));

/** Hides the modules of this runtime, all of which are loaded, from the function. */
function hideModules() {
  delete Module._extensions['.cjs'];
  const own = Object.keys(require.cache).filter((file) => file.startsWith(__dirname));
  for (const file of own) delete require.cache[file];
}

function toEngine(onEvent) {
  return new Channel(descriptor, onEvent, () => process.exit(0));
}

function toProxy(onEvent, onFailure) {
  const { RuntimeApi } = require('./runtime_api.cjs');
  return new RuntimeApi(address, onEvent, onFailure);
}
