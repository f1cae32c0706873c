'use strict';

/** One invocation whose response is sent whole, as AWS's two Node.js runtimes serve it. */

const { setImmediate: nextTurn } = require('node:timers/promises');
const { contextFields, setTrace } = require('./context.cjs');
const { RuntimeError } = require('./errors.cjs');
const { logError } = require('./logs.cjs');

/**
 * Serves an invocation as from Node.js 24 on: what the handler returns is the response. When nothing
 * is left to wait for before that, the process ends.
 */
async function servePromise(runtime, invocation, event) {
  const context = contextFields(invocation);
  setTrace(invocation.trace_id);
  const parsed = JSON.parse(event);
  try {
    const result = await runtime.receiver.handler(parsed, context);
    // Immediates that the handler has queued still run within this invocation.
    await nextTurn();
    runtime.respond(invocation.request_id, result);
  } catch (error) {
    await nextTurn();
    logError('Invoke Error', error);
    runtime.fail(invocation.request_id, error);
  }
}

/**
 * Serves an invocation as up to Node.js 22: the handler answers by a promise, its callback or
 * `context.done`, and whichever comes first counts.
 */
function serveCallback(runtime, invocation, event) {
  const answer = new Answer(runtime, invocation.request_id);
  runtime.onEmptyLoop = () => answer.giveUp(isAsync(runtime.handler));
  try {
    setTrace(invocation.trace_id);
    const context = Object.assign(makeContext(answer), contextFields(invocation));
    const result = runtime.receiver.handler(JSON.parse(event), context, answer.callback);
    if (isPromise(result)) result.then(context.succeed, context.fail).catch(context.fail);
  } catch (error) {
    answer.callback(error);
  }
}

function isAsync(handler) {
  return handler.constructor?.name === 'AsyncFunction';
}

function isPromise(value) {
  return typeof value?.then === 'function';
}

function makeContext(answer) {
  return {
    get callbackWaitsForEmptyEventLoop() {
      return answer.waitsForEmptyLoop;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      answer.waitsForEmptyLoop = value;
    },
    succeed: (result) => answer.done(null, result),
    fail: (error) => answer.done(error ?? 'handled', null),
    done: (error, result) => answer.done(error, result),
  };
}

/** The answer to one invocation, which can be given once. */
class Answer {
  waitsForEmptyLoop = true;

  #runtime;
  #requestId;
  #isGiven = false;
  #isReported = false;

  constructor(runtime, requestId) {
    this.#runtime = runtime;
    this.#requestId = requestId;
  }

  /** The third argument of a handler. */
  callback = (error, result) =>
    this.#once(() => {
      if (isAbsent(error) && this.waitsForEmptyLoop) {
        this.#runtime.onEmptyLoop = () => setImmediate(() => this.#complete(result));
      } else {
        this.#settle(error, result);
      }
    });

  /** Answers at once, whatever the event loop still has to do. */
  done(error, result) {
    this.#once(() => this.#settle(error, result));
  }

  /** Answers for a handler that has not, when the event loop has nothing left to do. */
  giveUp(isAsync) {
    this.#isReported = true;
    if (isAsync) {
      this.#fail(new RuntimeError('NodeJsExit', NEVER_SETTLED));
    } else {
      this.#runtime.respond(this.#requestId, null);
    }
  }

  #once(give) {
    if (this.#isGiven) return;
    give();
    // Behind the call, which throws for a result that is no JSON: that can still become an error.
    this.#isGiven = true;
  }

  #settle(error, result) {
    this.#runtime.onEmptyLoop = () => {};
    if (isAbsent(error)) this.#complete(result);
    else this.#fail(error);
  }

  #complete(result) {
    if (this.#isReported) {
      console.error(
        'Invocation has already been reported as done. Cannot call complete more than once per invocation.',
      );
      return;
    }
    this.#isReported = true;
    this.#runtime.respond(this.#requestId, result);
  }

  #fail(error) {
    logError('Invoke Error', error);
    this.#runtime.fail(this.#requestId, error);
  }
}

function isAbsent(error) {
  return error === undefined || error === null;
}

const NEVER_SETTLED =
  'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused ' +
  'by a Promise that was never settled. For more information, see ' +
  'https://nodejs.org/docs/latest/api/process.html#exit-codes';

module.exports = { isAsync, serveCallback, servePromise };
