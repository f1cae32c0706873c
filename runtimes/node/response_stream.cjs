'use strict';

/** What a streamed handler writes to, and the global `awslambda` that makes one. */

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

/** Hands each chunk on as it is written. */
class ResponseStream extends Writable {
  #send;
  #contentType = DEFAULT_CONTENT_TYPE;
  #isBegun = false;

  /** `send(contentType, bytes, callback)` is given each part. */
  constructor(send, highWaterMark) {
    super({ highWaterMark, decodeStrings: true });
    this.#send = send;
    /** Set by `HttpResponseStream`: writes the prelude. */
    this._onBeforeFirstWrite = undefined;
  }

  get contentType() {
    return this.#contentType;
  }

  /** Throws once something has been written. */
  setContentType(contentType) {
    if (this.#isBegun) {
      throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  /** As any stream's; what is neither text nor bytes is written as JSON. */
  write(chunk, encoding, callback) {
    // As on AWS, where `end` with a last chunk writes past this: a prelude needs a write of its own.
    if (!this.#isBegun) {
      this.#isBegun = true;
      this._onBeforeFirstWrite?.((first) => super.write(first));
    }
    const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  end(chunk, encoding, callback) {
    this.#isBegun = true;
    return super.end(chunk, encoding, callback);
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

/** Puts an HTTP status and headers before what is written. */
class HttpResponseStream {
  /** The same stream, with its prelude to come before the first write. */
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

/** Whether a handler streams; throws `RuntimeError` for a way of streaming that nobody knows. */
function isStreamed(handler) {
  const streaming = handler[STREAMING];
  if ([undefined, null, false].includes(streaming)) return false;
  if (streaming === RESPONSE) return true;
  throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
}

/** The buffer size that a handler asked for, if it is one. */
function highWaterMarkOf(handler) {
  const highWaterMark = Number.parseInt(handler[HIGH_WATER_MARK], 10);
  return Number.isNaN(highWaterMark) ? undefined : highWaterMark;
}

module.exports = { ResponseStream, defineAwslambda, highWaterMarkOf, isStreamed };
