'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

let count = 0;
let isCounting = false;

exports.handler = async (event, context) => {
  count += 1;
  const wasKept = fs.existsSync(file('mark'));
  fs.writeFileSync(file('mark'), '');
  const [[deed, value]] = Object.entries(event ?? { nothing: null });
  switch (deed) {
    case 'leave a child':
      spawn('sleep', ['1000']);
      process.exit(value);
    case 'exit':
      process.exit(value);
    case 'signal':
      process.kill(process.pid, value);
      await wait(1000);
      break;
    case 'fail':
      throw new RangeError(value);
    case 'sleep':
      await wait(value);
      break;
    case 'spin':
      for (;;);
    case 'say':
      process.stdout.write(`${value}\n`);
      console.log(value);
      break;
    case 'repeat':
      return 'x'.repeat(value);
    case 'echo':
      return value;
    case 'count beyond':
      await countBeyond(value);
      break;
    case 'tell':
      return [
        context.awsRequestId,
        process.env._X_AMZN_TRACE_ID,
        context.invokedFunctionArn,
        context.getRemainingTimeInMillis(),
      ];
  }
  return [count, wasKept];
};

const file = (name) => path.join(os.tmpdir(), name);
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const read = (name) => (fs.existsSync(file(name)) ? Number(fs.readFileSync(file(name))) : 0);

// Counts on in a file, and in another by a child; resolves once both are above the limit.
async function countBeyond(limit) {
  if (!isCounting) startCounting();
  isCounting = true;
  while (Math.min(read('ticks'), read('child')) <= limit) await wait(0.001);
}

function startCounting() {
  let number = 0;
  setInterval(() => {
    fs.writeFileSync(file('ticks.new'), String(++number));
    fs.renameSync(file('ticks.new'), file('ticks'));
  }, 1).unref();
  const step = 'n=$((n+1)); echo $n > "$0.new"; mv "$0.new" "$0"; sleep 0.001';
  const loop = `n=0; while :; do ${step}; done`;
  // Where sh is dash, it waits for what it starts in a state that no signal stops.
  spawn('/bin/bash', ['-c', loop, file('child')], { detached: true, stdio: 'ignore' }).unref();
}
