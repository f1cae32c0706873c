'use strict';

/** One invocation as Node.js 24 and later have it: what the handler returns is the answer. */

const { setImmediate: nextTurn } = require('node:timers/promises');
const { contextFields, setTrace } = require('./context.cjs');
const { logError } = require('./logs.cjs');

/** Calls the handler and waits for it; when nothing is left to wait for, the process ends. */
async function serve(runtime, invocation, event) {
  const context = contextFields(invocation);
  setTrace(invocation.trace_id);
  const parsed = JSON.parse(event);
  try {
    const result = await runtime.handler(parsed, context);
    await nextTurn();
    runtime.respond(invocation.request_id, result);
  } catch (error) {
    await nextTurn();
    logError('Invoke Error', error);
    runtime.fail(invocation.request_id, error);
  }
}

module.exports = { serve };
