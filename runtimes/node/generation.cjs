'use strict';

/** Which of AWS's two Node.js runtimes is played: it goes by the configured one, not by this node. */

const [, configured] = /^AWS_Lambda_nodejs(\d+)\.x$/.exec(process.env.AWS_EXECUTION_ENV ?? '') ?? [];

/** The major version that the function's `Runtime` names; without one, that of this node. */
const major = Number(configured ?? process.versions.node.split('.')[0]);

/** Whether callbacks, `context.done` and waiting for an empty event loop are things of the past. */
const isFrom24 = major >= 24;

module.exports = { isFrom24 };
