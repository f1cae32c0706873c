'use strict';

/** The stream that a streaming handler writes its response to, and the global `awslambda`. */

const { Writable } = require('node:stream');
const { RuntimeError } = require('./errors.cjs');
const { InvokeStore } = require('./invoke_store.cjs');
const { isFrom24 } = require('./generation.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const RESPONSE = 'response';
const DEFAULT_CONTENT_TYPE = 'application/octet-stream';
const HTTP_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';
const PRELUDE_END = new Uint8Array(8);
const LARGEST_PART = 1 << 20;

/** Sends each chunk on as it is written. */
class ResponseStream extends Writable {
  #send;
  #contentType = DEFAULT_CONTENT_TYPE;
  #isBegun = false;

  /** Whether the function has destroyed it before its end. */
  isBrokenOff = false;

  /** `send(contentType, bytes, callback)` is called with each part. */
  constructor(send, highWaterMark) {
    super({ highWaterMark, decodeStrings: true });
    this.#send = send;
    /** Set by `HttpResponseStream` to write the prelude. */
    this._onBeforeFirstWrite = undefined;
  }

  get contentType() {
    return this.#contentType;
  }

  /** Sets the content type; throws once something has been written. */
  setContentType(contentType) {
    if (this.#isBegun) {
      throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  /** Writes a chunk; one that is neither text nor bytes as JSON. */
  write(chunk, encoding, callback) {
    // On AWS too, `end` with a last chunk does not call this: then no prelude is written.
    if (!this.#isBegun) {
      this.#isBegun = true;
      this._onBeforeFirstWrite?.((first) => super.write(first));
    }
    const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  end(chunk, encoding, callback) {
    this.#isBegun = true;
    if (isFrom24) return super.end(chunk, encoding, callback);
    // Up to Node.js 22 AWS's takes one argument, and returns nothing.
    super.end(chunk);
    return undefined;
  }

  /** Breaks the response off: on AWS its connection then hangs up, which nothing there handles. */
  destroy(error) {
    if (this.writableFinished || this.destroyed) return super.destroy(error);
    this.isBrokenOff = true;
    const reason = error ?? hangUp();
    Promise.reject(reason);
    return super.destroy(reason);
  }

  /** Drops what has not been sent: an error takes the place of the response. */
  discard() {
    return super.destroy();
  }

  _write(chunk, _encoding, callback) {
    if (chunk.length === 0) return callback();
    for (let start = 0; start < chunk.length; start += LARGEST_PART) {
      const end = start + LARGEST_PART;
      const isLast = end >= chunk.length;
      this.#send(this.#contentType, chunk.subarray(start, end), isLast ? callback : () => {});
    }
  }
}

/** Returns the error of a connection that has ended; no code of the function's is in its stack. */
function hangUp() {
  const error = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  const [message, ownFrame] = error.stack.split('\n');
  error.stack = ownFrame === undefined ? message : `${message}\n${ownFrame}`;
  return error;
}

/** Puts a prelude, with HTTP status and headers, before the body. */
class HttpResponseStream {
  /** Returns the same stream, which writes the prelude before its first chunk. */
  static from(stream, prelude) {
    stream.setContentType(HTTP_CONTENT_TYPE);
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(PRELUDE_END);
    };
    return stream;
  }
}

/** Defines the global `awslambda`, unless the function's variables forbid it. */
function defineAwslambda() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
  if (isFrom24) globalThis.awslambda.InvokeStore = new InvokeStore();
}

function streamifyResponse(handler, options) {
  handler[STREAMING] = RESPONSE;
  const highWaterMark = options?.highWaterMark;
  if (typeof highWaterMark === 'number') handler[HIGH_WATER_MARK] = Math.trunc(highWaterMark);
  return handler;
}

/** Returns whether a handler streams; throws `RuntimeError` for an unknown way of streaming. */
function isStreamed(handler) {
  const streaming = handler[STREAMING];
  if ([undefined, null, false].includes(streaming)) return false;
  if (streaming === RESPONSE) return true;
  // Up to Node.js 22 AWS's does not find its own error class.
  if (!isFrom24) throw new ReferenceError('MalformedStreamingHandler is not defined');
  throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
}

/** Returns the buffer size that a handler asks for; undefined for what is no number. */
function highWaterMarkOf(handler) {
  const highWaterMark = Number.parseInt(handler[HIGH_WATER_MARK], 10);
  return Number.isNaN(highWaterMark) ? undefined : highWaterMark;
}

module.exports = { ResponseStream, defineAwslambda, highWaterMarkOf, isStreamed };
