'use strict';

/**
 * The Node.js runtime's process: initialises the function and serves invocations.
 *
 * Frames from the engine: `invoke` (payload: the event). Frames to the engine: `ready`, `init_error`
 * (payload: the error), `response` and `error` (payload: the result), `chunk` (payload: a part of a
 * streamed response; the first is empty, and the only one, for a caller who waits for all of it),
 * `next` (asks for another event after an answer that did not). Where a wrapper has changed the
 * address of the Runtime API, the same goes by HTTP.
 */

const { setImmediate: nextTurn } = require('node:timers/promises');
const { RuntimeError, UnhandledPromiseRejection, errorPayload } = require('./errors.cjs');
const { isFrom24 } = require('./generation.cjs');
const { loadHandler } = require('./handler.cjs');
const { isAsync, serveCallback, servePromise } = require('./invocation.cjs');
const { storedFields } = require('./invoke_store.cjs');
const { current, logError } = require('./logs.cjs');
const { isStreamed } = require('./response_stream.cjs');
const { serveStreamed } = require('./streamed_invocation.cjs');

/** Largest response that the Runtime API takes: 6 MiB and 100 bytes. */
const RESPONSE_BYTES = 6_291_556;
const MAXIMUM_TEXT = 256;
const NOTHING = Buffer.alloc(0);

class Runtime {
  /** Called when the event loop has nothing left and no invocation is waited for. */
  onEmptyLoop = exitWithoutWork;

  /** The function's handler. */
  handler;

  /** The object that it is called as a method of, whose class stack traces show. */
  receiver = this;

  #channel;
  #serve;
  #isEnding = false;
  #began;
  /** The request id of the invocation that is to be answered. */
  #requestId;
  /** Whether its caller takes a streamed response in parts; else they are kept until its end. */
  #isStreamed = false;
  /** Whether a part of it has been sent; an error in its place comes too late then. */
  #isBegun = false;
  #parts = [];
  #partsSize = 0;

  /** `connect(onEvent, onFailure)` returns the channel to the engine, or what takes its place. */
  constructor(connect) {
    this.#channel = connect(
      (message, payload) => this.#receive(message, payload),
      (error) => this.#failWithoutEvent(error),
    );
    this.#channel.keepAlive(false);
  }

  /** Loads the handler and asks for the first invocation, or reports why it cannot. */
  async start(taskRoot, handlerName) {
    process.on('beforeExit', () => this.onEmptyLoop());
    if (!isFrom24) this.#reportUncaughtErrors();
    this.#began = monotonicSeconds();
    let serve;
    try {
      this.handler = await loadHandler(taskRoot, handlerName);
      serve = chooseServe(this.handler);
      if (isFrom24) this.receiver = receiverOf(this.handler, serve);
    } catch (error) {
      logError(isFrom24 ? 'Init Error' : 'Uncaught Exception', error);
      return this.#failInit(error, isFrom24 ? 1 : 129);
    }
    if (!isFrom24) {
      this.onEmptyLoop = () => {};
      // What fails until then, such as a promise that the module has rejected, still fails Init.
      await nextTurn();
      if (this.#isEnding) return;
    }
    this.#serve = serve;
    this.#channel.keepAlive(true);
    this.#channel.send({
      kind: 'ready',
      function_init_at: this.#began,
      at: monotonicSeconds(),
    });
  }

  /** Sets whether the process lives on while the function, in an invocation, has nothing to do. */
  keepAlive(isKept) {
    // Between invocations it always lives on.
    if (this.#requestId !== undefined) this.#channel.keepAlive(isKept);
  }

  /** Answers with a handler's result; throws for one that cannot be JSON. */
  respond(requestId, result) {
    const text = toJson(result);
    // A function, a symbol: AWS's client takes nothing but a text.
    if (text === undefined) throw new TypeError('Wrong arguments');
    const size = Buffer.byteLength(text);
    // The engine refuses one that is too large, with its size in the message: it needs no bytes.
    const largest = this.#channel.largestResult ?? RESPONSE_BYTES;
    this.#answer('response', requestId, { response_size: size }, size <= largest ? text : '');
  }

  /** Answers with an error. */
  fail(requestId, error, isDone = true) {
    const payload = errorPayload(error);
    const fields = { error_type: truncated(payload.errorType), is_done: isDone };
    this.#answer('error', requestId, fields, toJson(payload));
  }

  /** Asks for the next invocation, after an answer that did not. */
  next() {
    this.#channel.keepAlive(true);
    this.#channel.send({ kind: 'next' });
  }

  /** Sends a part of a streamed response, or keeps it for a caller who takes it whole. */
  sendPart(requestId, contentType, bytes, callback) {
    if (requestId !== this.#requestId) return callback();
    if (!this.#isStreamed) {
      // Told, so that a response that breaks off is known to have begun.
      if (!this.#isBegun) this.#sendChunk(requestId, contentType, NOTHING);
      this.#partsSize += bytes.length;
      if (this.#partsSize <= RESPONSE_BYTES) this.#parts.push(bytes);
      return callback();
    }
    this.#sendChunk(requestId, contentType, bytes);
    this.#channel.whenSent(callback);
  }

  #sendChunk(requestId, contentType, bytes) {
    const message = { kind: 'chunk', request_id: requestId, content_type: truncated(contentType) };
    this.#isBegun = true;
    this.#channel.send(message, bytes);
  }

  /** Ends a streamed response; `next` has to follow when nothing is left to do. */
  respondStreamed(requestId, contentType) {
    const fields = {
      response_size: this.#partsSize,
      content_type: truncated(contentType),
      is_done: false,
    };
    const isTooLarge = this.#partsSize > RESPONSE_BYTES;
    this.#answer('response', requestId, fields, isTooLarge ? '' : Buffer.concat(this.#parts));
  }

  /** Sends the answer, once, and waits for the next invocation unless `is_done` is false. */
  #answer(kind, requestId, fields, payload) {
    if (requestId !== this.#requestId) return;
    this.#requestId = undefined;
    this.#isBegun = false;
    this.#parts = [];
    this.#partsSize = 0;
    this.#channel.keepAlive(fields.is_done !== false);
    const peak = process.resourceUsage().maxRSS;
    this.#channel.send({ kind, request_id: requestId, ...fields, peak_memory_kb: peak }, payload);
  }

  #receive(invocation, event) {
    this.#requestId = current.requestId = invocation.request_id;
    current.tenantId = invocation.tenant_id;
    this.#isStreamed = invocation.is_streamed === true;
    this.#channel.keepAlive(false);
    const text = event.toString();
    const serve = () => this.#serve(this, invocation, text);
    const store = isFrom24 ? globalThis.awslambda?.InvokeStore : undefined;
    // After this call has returned: error stacks then show few frames of the runtime.
    const served = Promise.resolve().then(
      store ? () => store.run(storedFields(invocation), serve) : serve,
    );
    if (!isFrom24) served.catch((error) => this.#failUnexpectedly(error));
  }

  /** Not from Node.js 24 on: AWS leaves them to Node.js itself then, which exits with status 1. */
  #reportUncaughtErrors() {
    process.on('uncaughtException', (error) => {
      logError('Uncaught Exception', error);
      this.#failCurrent(error, 129);
    });
    process.on('unhandledRejection', (reason, promise) => {
      const error = new UnhandledPromiseRejection(reason, promise);
      logError('Unhandled Promise Rejection', error);
      this.#failCurrent(error, 128);
    });
  }

  /** Fails an invocation whose error cannot even be logged, such as a symbol. */
  #failUnexpectedly(error) {
    console.log(`Unexpected Top Level Error: ${error.toString()}`);
    this.#failCurrent(error, 129);
  }

  /** Fails Init or the invocation, whichever is in progress, and exits. */
  #failCurrent(error, status) {
    if (this.#serve === undefined) return this.#failInit(error, status);
    // Not done: AWS waits for the next event to be asked for, and sees the process end instead.
    const isOwed = this.#requestId !== undefined && !this.#isBegun;
    if (isOwed) this.fail(this.#requestId, error, false);
    this.#exit(status);
  }

  /** Ends the process, because the Runtime API does not give it an event. */
  #failWithoutEvent(error) {
    const failure = new Error('Failed to get next invocation, error -1');
    // Not caught by anything, it ends the process with status 1.
    if (isFrom24) throw failure;
    console.log(`Unexpected Top Level Error: ${failure}`);
    logError('Uncaught Exception', error);
    process.exit(129);
  }

  #failInit(error, status) {
    const payload = errorPayload(error);
    this.#channel.send(
      {
        kind: 'init_error',
        function_init_at: this.#began,
        error_type: truncated(payload.errorType),
      },
      toJson(payload),
    );
    this.#exit(status);
  }

  #exit(status) {
    this.#isEnding = true;
    this.#channel.whenSent(() => process.exit(status));
  }
}

/**
 * Exits when Init, or from Node.js 24 on an invocation, waits for something that never comes. Up to
 * Node.js 22 that is status 13, as of a main module that does so. At once, because on its own way out
 * Node.js closes the channel, which the engine sees, long before the process has its status.
 */
function exitWithoutWork() {
  if (isFrom24) process.exit();
  process.exit(13);
}

/** As AWS's two classes are called; one of them has the handler. */
class BufferedInvokeProcessor {}
class StreamingInvokeProcessor {}

function receiverOf(handler, serve) {
  const isStreaming = serve === serveStreamed;
  const receiver = isStreaming ? new StreamingInvokeProcessor() : new BufferedInvokeProcessor();
  return Object.assign(receiver, { handler });
}

function chooseServe(handler) {
  if (isStreamed(handler)) return serveStreamed;
  if (isFrom24) {
    if (handler.length >= 3) throw new RuntimeError('CallbackHandlerDeprecated', CALLBACKS_REMOVED);
    return servePromise;
  }
  const isWarned = process.env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined;
  if (isWarned && handler.length === 3 && !isAsync(handler)) {
    console.warn(CALLBACKS_DEPRECATED);
  }
  return serveCallback;
}

/** Returns a value as JSON, undefined for one that has none. */
function toJson(value) {
  try {
    return JSON.stringify(value === undefined ? null : value);
  } catch {
    const sentence = 'Unable to stringify response body';
    throw isFrom24 ? new RuntimeError('JSONStringifyError', sentence) : new Error(sentence);
  }
}

function truncated(text) {
  return String(text).slice(0, MAXIMUM_TEXT);
}

/** Returns the time of the monotonic clock, which the engine uses too. */
function monotonicSeconds() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds + nanoseconds / 1e9;
}

const CALLBACKS_REMOVED =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js ' +
  '24. You need to modify this function to use a supported handler signature to use Node.js 24 or ' +
  'later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';
const CALLBACKS_DEPRECATED =
  'AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. ' +
  'You will need to update this function to use an async handler to use Node.js 24 or later. For ' +
  'more information and to provide feedback on this change, see ' +
  'https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To disable this ' +
  'warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.';

module.exports = { Runtime };
