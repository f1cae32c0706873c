'use strict';

/** The generation of AWS's Node.js runtimes that this one plays, by the function's `Runtime`. */

// The first of all names no version, and is earlier than any that does.
const [, configured] = /^AWS_Lambda_nodejs(\d*)/.exec(process.env.AWS_EXECUTION_ENV ?? '') ?? [];

/** The major version that the function's `Runtime` names, or else that of this Node.js. */
const major = Number(configured ?? process.versions.node.split('.')[0]);

/** Whether it is the later one, which has no callbacks, no `context.done` and no wait for the loop. */
const isFrom24 = major >= 24;

module.exports = { isFrom24 };
