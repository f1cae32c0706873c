'use strict';

/** One invocation whose handler writes its response to a stream. */

const { setImmediate: nextTurn } = require('node:timers/promises');
const { finished } = require('node:stream/promises');
const { contextFields, setTrace } = require('./context.cjs');
const { isFrom24 } = require('./generation.cjs');
const { logError } = require('./logs.cjs');
const { ResponseStream, highWaterMarkOf } = require('./response_stream.cjs');

/** Serves an invocation, which is over when the handler has settled and the stream has ended. */
async function serveStreamed(runtime, invocation, event) {
  const requestId = invocation.request_id;
  const stream = openStream(runtime, requestId, highWaterMarkOf(runtime.handler));
  const ended = finished(stream, { readable: false });
  ended.catch(() => {}).finally(() => runtime.keepAlive(false));
  const context = isFrom24 ? {} : { callbackWaitsForEmptyEventLoop: true };
  const goOn = () => {
    if (context.callbackWaitsForEmptyEventLoop) runtime.onEmptyLoop = () => runtime.next();
    else runtime.next();
  };
  if (!isFrom24) {
    runtime.onEmptyLoop = () => {
      runtime.respondStreamed(requestId, stream.contentType);
      runtime.next();
    };
  }
  try {
    setTrace(invocation.trace_id);
    Object.assign(context, contextFields(invocation));
    await callHandler(runtime, JSON.parse(event), stream, context);
    await ended;
    runtime.respondStreamed(requestId, stream.contentType);
  } catch (error) {
    if (isFrom24) await nextTurn();
    logError('Invoke Error', error);
    // The rejection that this leaves to nobody ends the process.
    if (stream.isBrokenOff) return;
    stream.discard();
    runtime.fail(requestId, error, false);
  }
  goOn();
}

/**
 * Opens a stream that keeps the event loop alive until it has ended, as the connection does that the
 * stream of AWS's runtime writes to.
 */
function openStream(runtime, requestId, highWaterMark) {
  runtime.keepAlive(true);
  const stream = new ResponseStream(
    (contentType, bytes, callback) => runtime.sendPart(requestId, contentType, bytes, callback),
    highWaterMark,
  );
  stream.on('error', () => {});
  return stream;
}

async function callHandler(runtime, event, stream, context) {
  const result = runtime.receiver.handler(event, stream, context);
  if (typeof result?.then !== 'function') {
    const sentence = 'Streaming does not support non-async handlers.';
    // Up to Node.js 22 AWS throws the bare sentence.
    throw isFrom24 ? new Error(sentence) : sentence;
  }
  if ((await result) !== undefined) console.warn('Streaming handlers ignore return values.');
}

module.exports = { serveStreamed };
