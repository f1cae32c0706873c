'use strict';

/** `awslambda.InvokeStore`, from which libraries read the current invocation, from Node.js 24 on. */

const REQUEST_ID = Symbol.for('_AWS_LAMBDA_REQUEST_ID');
const X_RAY_TRACE_ID = Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID');
const TENANT_ID = Symbol.for('_AWS_LAMBDA_TENANT_ID');
const PROTECTED_KEYS = { REQUEST_ID, X_RAY_TRACE_ID, TENANT_ID };

/** Keeps the values of one invocation at a time. */
class InvokeStore {
  static PROTECTED_KEYS = PROTECTED_KEYS;

  #context;

  /** Begins an invocation: the values of the one before are dropped. */
  run(context, body) {
    this.#context = context;
    return body();
  }

  getContext() {
    return this.#context;
  }

  hasContext() {
    return this.#context !== undefined;
  }

  get(key) {
    return this.#context?.[key];
  }

  /** Keeps a value of the function's own; throws for a key that is AWS's. */
  set(key, value) {
    if (this.isProtectedKey(key)) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    this.#context = { ...this.#context, [key]: value };
  }

  isProtectedKey(key) {
    return Object.values(PROTECTED_KEYS).includes(key);
  }

  getRequestId() {
    return this.get(REQUEST_ID) ?? '-';
  }

  getXRayTraceId() {
    return this.get(X_RAY_TRACE_ID);
  }

  getTenantId() {
    return this.get(TENANT_ID);
  }
}

/** Returns the values with which an invocation begins. */
function storedFields(invocation) {
  return {
    [REQUEST_ID]: invocation.request_id,
    [X_RAY_TRACE_ID]: invocation.trace_id ?? undefined,
    [TENANT_ID]: invocation.tenant_id ?? undefined,
  };
}

module.exports = { InvokeStore, storedFields };
