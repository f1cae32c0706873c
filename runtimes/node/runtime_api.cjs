'use strict';

/**
 * The Runtime API over HTTP, in the place of the engine's channel.
 *
 * A wrapper may change `AWS_LAMBDA_RUNTIME_API` to the address of a proxy, which then sees and may
 * change every event and answer. It is told what AWS's own runtime would tell it.
 */

// Taken out now: libraries of the function may replace them in the module, to watch its own calls.
const { Agent, request } = require('node:http');

const ROOT = '/2018-06-01/runtime';
const DEFAULT_PORT = 80;
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const ERROR_CAUSE = 'Lambda-Runtime-Function-XRay-Error-Cause';
const RESPONSE_MODE = 'Lambda-Runtime-Function-Response-Mode';
const NOTHING = Buffer.alloc(0);
const FOREVER = 2 ** 31 - 1;

/** Headers of an event, by their names in the message of a frame. */
const EVENT_HEADERS = {
  request_id: 'lambda-runtime-aws-request-id',
  function_arn: 'lambda-runtime-invoked-function-arn',
  trace_id: 'lambda-runtime-trace-id',
  client_context: 'lambda-runtime-client-context',
  cognito_identity: 'lambda-runtime-cognito-identity',
  tenant_id: 'lambda-runtime-aws-tenant-id',
};

/** Receives events and sends answers as frames, like a channel, by calls of the Runtime API. */
class RuntimeApi {
  /** A proxy may want to see every result, however large. */
  largestResult = Number.POSITIVE_INFINITY;

  #place;
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #alive = setInterval(() => {}, FOREVER);
  #onEvent;
  #onFailure;
  /** The request of a response that is streamed, while it is. */
  #stream;
  /** Done when the last answer has been received, or cannot be. */
  #posted = Promise.resolve();

  /** `address` is `host:port`; `onFailure(error)` is called when no event can be had. */
  constructor(address, onEvent, onFailure) {
    const [, hostname, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address);
    this.#place = { hostname, port: port ?? DEFAULT_PORT };
    this.#onEvent = onEvent;
    this.#onFailure = onFailure;
  }

  /** Sets whether the process lives on without any call under way. */
  keepAlive(isKept) {
    if (isKept) this.#alive.ref();
    else this.#alive.unref();
  }

  /** Sends what a frame says, and asks for the next event where the frame implies that. */
  send(message, payload = NOTHING) {
    const { kind, request_id: id } = message;
    const path = `${ROOT}/invocation/${encodeURIComponent(id)}`;
    if (kind === 'chunk') {
      this.#openStream(path, message).write(payload);
    } else if (kind === 'response' && 'content_type' in message) {
      this.#endStream(this.#openStream(path, message));
    } else if (kind === 'response') {
      this.#post(`${path}/response`, payload);
    } else if (kind === 'error' && this.#stream !== undefined) {
      const body = Buffer.from(payload).toString('base64');
      this.#stream.addTrailers({ [ERROR_TYPE]: inOneLine(message.error_type), [ERROR_BODY]: body });
      this.#endStream(this.#stream);
    } else if (kind === 'error') {
      this.#post(`${path}/error`, payload, { [ERROR_CAUSE]: errorCause(payload) });
    } else if (kind === 'init_error') {
      const headers = { [ERROR_TYPE]: inOneLine(message.error_type) };
      this.#post(`${ROOT}/init/error`, payload, headers);
    }
    const isDone = ['response', 'error'].includes(kind) && message.is_done !== false;
    if (isDone || kind === 'ready' || kind === 'next') this.#posted.then(() => this.#next());
  }

  /** Calls back when everything that was sent has been handed over. */
  whenSent(callback) {
    if (this.#stream === undefined) this.#posted.then(callback);
    else this.#stream.write(NOTHING, callback);
  }

  async #next() {
    try {
      const { status, headers, body } = await this.#call('GET', `${ROOT}/invocation/next`);
      if (status < 200 || status > 299 || !headers[EVENT_HEADERS.request_id]) {
        throw new Error(`HTTP status ${status}`);
      }
      this.#onEvent(messageOf(headers), body);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** Posts an answer. One that is not accepted is nothing to this runtime, as on AWS. */
  #post(path, payload, headers) {
    const body = Buffer.from(payload);
    const all = { 'Content-Type': 'application/json', 'Content-Length': body.length, ...headers };
    this.#posted = this.#call('POST', path, all, body).catch(() => {});
  }

  #openStream(path, message) {
    if (this.#stream === undefined) {
      const headers = {
        [RESPONSE_MODE]: 'streaming',
        Trailer: [ERROR_TYPE, ERROR_BODY],
        'Content-Type': inOneLine(message.content_type),
      };
      this.#posted = new Promise((resolve) => {
        this.#stream = this.#request('POST', `${path}/response`, headers);
        this.#stream.on('response', (response) => response.resume().on('close', resolve));
        this.#stream.on('error', resolve);
      });
    }
    return this.#stream;
  }

  #endStream(stream) {
    this.#stream = undefined;
    stream.end();
  }

  /** Calls, and calls again where a connection that was kept turns out to be closed. */
  #call(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const call = this.#request(method, path, headers);
      call.on('response', async (response) => {
        try {
          const parts = await response.toArray();
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(parts),
          });
        } catch (error) {
          reject(error);
        }
      });
      call.on('error', (error) => {
        if (call.reusedSocket && error.code === 'ECONNRESET') {
          resolve(this.#call(method, path, headers, body));
        } else {
          reject(error);
        }
      });
      call.end(body);
    });
  }

  #request(method, path, headers) {
    return request({ ...this.#place, method, path, headers, agent: this.#agent });
  }
}

function messageOf(headers) {
  const message = { deadline_ms: Number(headers['lambda-runtime-deadline-ms'] ?? 0) };
  for (const [key, name] of Object.entries(EVENT_HEADERS)) {
    if (headers[name]) message[key] = Buffer.from(headers[name], 'latin1').toString();
  }
  // A proxy takes whatever a function streams, as it comes.
  message.is_streamed = true;
  return message;
}

/** Returns the description of an error that AWS's runtime sends for X-Ray. */
function errorCause(payload) {
  const { errorType, errorMessage, trace } = JSON.parse(payload);
  const stack = trace.slice(1).map((line) => {
    const [, label, path, number] = /^\s*at (?:(.*) )?\(?(.*?)(?::(\d+))?(?::\d+)?\)?$/.exec(line) ?? [];
    return { path: path ?? line, line: Number(number ?? 0), label: label ?? 'anonymous' };
  });
  const cause = {
    working_directory: process.cwd(),
    exceptions: [{ type: errorType, message: errorMessage, stack }],
    paths: [...new Set(stack.map((entry) => entry.path))],
  };
  return inOneLine(JSON.stringify(cause));
}

/** Returns a text as a header can have it: in UTF-8, which headers carry as if it were Latin-1. */
function inOneLine(text) {
  return Buffer.from(text.replace(/[\r\n]/g, ' ')).toString('latin1');
}

module.exports = { RuntimeApi };
