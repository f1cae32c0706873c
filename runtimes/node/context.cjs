'use strict';

/** The fields of `context`, the handler's second argument, in both of AWS's runtimes. */

const { RuntimeError } = require('./errors.cjs');
const { isFrom24 } = require('./generation.cjs');

/** Returns the fields of an invocation and of the function's configuration, in AWS's order. */
function contextFields(invocation) {
  const fields = isFrom24
    ? { ...invocationFields(invocation), ...functionFields() }
    : { ...functionFields(), ...invocationFields(invocation) };
  if (isFrom24) fields.xRayTraceId = invocation.trace_id ?? undefined;
  return fields;
}

function functionFields() {
  return {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
}

function invocationFields(invocation) {
  const deadline = invocation.deadline_ms;
  return {
    clientContext: parse(invocation.client_context, 'ClientContext', 'lambda-runtime-client-context'),
    identity: parse(invocation.cognito_identity, 'CognitoIdentity', 'lambda-runtime-cognito-identity'),
    invokedFunctionArn: invocation.function_arn,
    awsRequestId: invocation.request_id,
    tenantId: invocation.tenant_id ?? undefined,
    /** Returns the milliseconds until the function times out, which are below 0 afterwards. */
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function parse(text, name, header) {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (isFrom24) {
      throw new RuntimeError('PlatformError', `Failed to parse ${header} as JSON: ${error.message}`);
    }
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

/** Sets `_X_AMZN_TRACE_ID`, which changes with every invocation, or removes it. */
function setTrace(traceId) {
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else delete process.env._X_AMZN_TRACE_ID;
}

module.exports = { contextFields, setTrace };
