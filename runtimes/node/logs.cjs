'use strict';

/** `console`, as AWS's Node.js runtimes set it up: each call writes one record, with its level. */

const fs = require('node:fs');
const util = require('node:util');
const { asError, errorLogText } = require('./errors.cjs');
const { isFrom24 } = require('./generation.cjs');

const LONGEST_FRAME = 256 * 1024;
const HEADER_SIZE = 16;
const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;
const RETRY_MILLISECONDS = 1;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].map((name, index) => ({
  name,
  priority: index + 1,
  frameBits: (index + 1) << 2,
}));

const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';

/** The invocation that records belong to. */
const current = { requestId: isFrom24 ? '-' : undefined, tenantId: undefined };

/** The descriptor for whole records. */
let logDescriptor;

/** Gives `console` AWS's methods; those below the function's log level do nothing. */
function patchConsole(descriptor) {
  logDescriptor = descriptor;
  const wanted = process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase();
  const least = LEVELS.find((level) => level.name === wanted) ?? LEVELS[0];
  for (const level of LEVELS) {
    const isWanted = level.priority >= least.priority;
    console[level.name.toLowerCase()] = isWanted
      ? (message, ...rest) => writeRecord(level, message, rest)
      : () => {};
  }
  console.log = console.info;
}

/** Logs an error that ended an invocation or Init; `title` is in the text format only. */
function logError(title, error) {
  if (isJson) console.error(asError(error));
  else console.error(title, errorLogText(asError(error)));
}

function writeRecord(level, message, rest) {
  const now = new Date();
  const text = isJson ? jsonText(now, level, message, rest) : plainText(now, level, message, rest);
  const bytes = Buffer.from(text);
  const type = ((isJson ? JSON_FRAME : TEXT_FRAME) | level.frameBits) >>> 0;
  for (let start = 0; start < bytes.length; start += LONGEST_FRAME) {
    writeFrame(type, now, bytes.subarray(start, start + LONGEST_FRAME));
  }
}

function plainText(now, level, message, rest) {
  const text = util.format(message, ...rest);
  return `${now.toISOString()}\t${current.requestId}\t${level.name}\t${text}\n`;
}

function jsonText(now, level, message, rest) {
  const record = {
    timestamp: now.toISOString(),
    level: level.name,
    requestId: current.requestId,
    tenantId: current.tenantId || undefined,
  };
  if (rest.length === 0) return jsonOfOne(record, message);
  record.message = util.format(message, ...rest);
  // Up to Node.js 22 AWS looks for an error in the first argument too.
  const error = (isFrom24 ? rest : [message, ...rest]).find((one) => one instanceof Error);
  if (error !== undefined) Object.assign(record, errorFields(error, []));
  return JSON.stringify(record);
}

function jsonOfOne(record, message) {
  try {
    return JSON.stringify({ ...record, message }, (_key, value) =>
      value instanceof Error ? { ...errorFields(value, value.stack), ...value } : value,
    );
  } catch {
    return JSON.stringify({ ...record, message: util.format(message) });
  }
}

function errorFields(error, withoutStack) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : withoutStack,
  };
}

function writeFrame(type, time, text) {
  const frame = Buffer.allocUnsafe(HEADER_SIZE + text.length);
  frame.writeUInt32BE(type, 0);
  frame.writeUInt32BE(text.length, 4);
  frame.writeBigUInt64BE(BigInt(time.valueOf()) * 1000n, 8);
  text.copy(frame, HEADER_SIZE);
  for (let written = 0; written < frame.length; ) written += writeSome(frame.subarray(written));
}

/**
 * Writes what the pipe takes, and waits a little when it is full. A blocking write is not to be had:
 * `process.stdout` makes the pipe non-blocking for everything that writes to it.
 */
function writeSome(bytes) {
  try {
    return fs.writeSync(logDescriptor, bytes);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
    return 0;
  }
}

module.exports = { current, logError, patchConsole };
