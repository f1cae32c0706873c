'use strict';

const http = require('node:http');
const { spawnSync } = require('node:child_process');

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2020-01-01/extension`;

// It has to have registered before the runtime is ready, which does not wait for what is loading.
const register = ['-sS', '-D', '-', '-H', 'Lambda-Extension-Name: inside'];
register.push('-d', '{"events": ["INVOKE"]}', `${api}/register`);
const answer = spawnSync('curl', register, { encoding: 'utf8' }).stdout;
const [, identifier] = /^lambda-extension-identifier: (\S+)/im.exec(answer);

function listen() {
  const headers = { 'Lambda-Extension-Identifier': identifier };
  http.get(`${api}/event/next`, { headers }, (response) => {
    response.resume();
    response.on('end', listen);
  });
}

listen();
