'use strict';

/** Errors as AWS's Node.js runtimes report them: the payload of the answer, and the log text. */

const util = require('node:util');
const { isFrom24 } = require('./generation.cjs');

/** An error that the runtime itself finds, with AWS's name for it. */
class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    // From Node.js 24 on AWS's log shows the name among the error's own properties.
    Object.defineProperty(this, 'name', { value: `Runtime.${name}`, enumerable: isFrom24 });
    Error.captureStackTrace(this, RuntimeError);
  }
}

/** A rejected promise that nothing catches, with the reason of its rejection. */
class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason, promise) {
    super('UnhandledPromiseRejection', reason);
    this.reason = reason;
    this.promise = promise;
  }
}

const UNREADABLE = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of ' +
    'its message, name, and stack',
};

/** Returns the answer to the caller, with AWS's three keys in AWS's order. */
function errorPayload(error) {
  try {
    if (!isError(error)) {
      const text = isFrom24 ? String(error) : error.toString();
      return { errorType: typeof error, errorMessage: text, trace: [] };
    }
    const stack = withoutDelete(error.stack);
    return {
      errorType: withoutDelete(error.name),
      errorMessage: withoutDelete(error.message),
      trace: isFrom24 && !stack ? [] : stackLines(stack),
    };
  } catch {
    // A getter or a proxy of the function's can throw.
    return isFrom24 ? { ...UNREADABLE, trace: [] } : UNREADABLE;
  }
}

function isError(value) {
  return isFrom24 ? value instanceof Error : isLikeError(value);
}

function isLikeError(value) {
  if (util.types.isNativeError(value)) return true;
  return [value?.name, value?.message, value?.stack].every(
    (part) => typeof part === 'string' && part !== '',
  );
}

/** Escapes the character DEL, as AWS does: it puts errors into HTTP headers, which refuse it. */
function withoutDelete(text) {
  return text?.replaceAll('\x7f', '%7F');
}

function stackLines(stack) {
  return stack.split('\n');
}

/** Returns the error for a line of the text log, with a tab before it. */
function errorLogText(error) {
  try {
    return `\t${JSON.stringify(error, (_key, value) => withHiddenProperties(value))}`;
  } catch {
    return `\t${JSON.stringify(errorPayload(error))}`;
  }
}

function withHiddenProperties(value) {
  if (!(value instanceof Error)) return value;
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') shown.stack = stackLines(value.stack);
  return shown;
}

/** Returns anything that was thrown as an `Error`. */
function asError(thrown) {
  if (thrown instanceof Error) return thrown;
  return new Error(isFrom24 ? String(thrown) : thrown);
}

module.exports = {
  RuntimeError,
  UnhandledPromiseRejection,
  asError,
  errorLogText,
  errorPayload,
};
