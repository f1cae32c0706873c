'use strict';

/**
 * AWS's paths at level `processes`, where the machine's own files lie there. The functions of Node.js
 * that take paths are given the real place for each path below `/tmp`, `/opt`, `/var/task` and
 * `/var/runtime` and mounts of file systems. What addons and workers open is not seen by that.
 */

const childProcess = require('node:child_process');
const fs = require('node:fs');
const Module = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');

const { Storage } = require('./storage.cjs');

const TMP = '/tmp';
const USER = 'sbx_user1051';
const HOME = `/home/${USER}`;
/** Where a path may begin in a command, or in the value of a variable. */
const IN_TEXT = /(?<![\w.~/})-])\/(?:tmp|opt|var\/task|var\/runtime|mnt)(?![\w.-])[^\s:;,"'|<>()]*/g;

/** Functions by the number of paths that they begin with; also as `…Sync`, and of `fs.promises`. */
const ONE_PATH =
  'access appendFile chmod chown exists lchmod lchown lstat lutimes mkdir mkdtemp open openAsBlob ' +
  'opendir readFile readdir readlink realpath rm rmdir stat statfs truncate unlink unwatchFile utimes ' +
  'watch watchFile writeFile';
const TWO_PATHS = 'copyFile cp link rename symlink';
/** Functions whose result is a path. */
const RETURNING_PATHS = new Set(['mkdir', 'mkdtemp', 'readlink', 'realpath']);

/** The real places of AWS's paths. */
class Paths {
  #roots;
  #kept;
  #returned;

  /** `roots` has the real folder of each of AWS's, `mounts` those of file systems among them. */
  constructor(roots, mounts = []) {
    this.roots = roots;
    this.#returned = [TMP, ...mounts].map((root) => [root, roots[root]]);
    this.#roots = Object.entries(roots).filter(([root, place]) => root !== place);
    this.storage = roots[TMP];
    // The interpreter, this runtime (whose __dirname is AWS's) or the project may itself lie below one
    // of these on this machine.
    const own = [...this.#roots.map(([, place]) => place), process.execPath, module.path];
    this.#kept = new Set(
      own.flatMap((place) =>
        this.#roots
          .filter(([root]) => place.startsWith(`${root}/`))
          .map(([root]) => `${root}/${place.slice(root.length).split('/')[1]}`),
      ),
    );
  }

  /** Returns the real place of a path that is a text, bytes or a URL; anything else as it is. */
  real(given) {
    if (Buffer.isBuffer(given)) {
      return Buffer.from(this.real(given.toString('latin1')), 'latin1');
    }
    if (given instanceof URL) {
      return given.protocol === 'file:' ? pathToFileURL(this.real(fileURLToPath(given))) : given;
    }
    if (typeof given !== 'string' || !given.startsWith('/')) return given;
    const file = given.includes('/..') ? path.normalize(given) : given;
    for (const [root, place] of this.#roots) {
      if (file !== root && !file.startsWith(`${root}/`)) continue;
      const [first] = file.slice(root.length + 1).split('/');
      if (!this.#kept.has(`${root}/${first}`)) return place + file.slice(root.length);
    }
    return given;
  }

  /** Returns a text with the real places in it. */
  inText(text) {
    return typeof text === 'string' ? text.replace(IN_TEXT, (found) => this.real(found)) : text;
  }

  /** Returns the path as on AWS of what lies in the storage or in a mount. */
  onAws(found) {
    if (typeof found !== 'string') return found;
    const inside = this.#returned.find(([, place]) => `${found}/`.startsWith(`${place}/`));
    return inside ? inside[0] + found.slice(inside[1].length) : found;
  }

  /** Has an error name the path as on AWS: the function has never heard of the real place. */
  named(error) {
    for (const key of ['path', 'dest', 'message', 'stack']) {
      for (const [root, place] of this.#returned) {
        if (typeof error?.[key] === 'string' && error[key].includes(place)) {
          error[key] = error[key].replaceAll(place, root);
        }
      }
    }
    return error;
  }
}

/** Has all functions of this process translate; to be called before the function's code. */
function translatePaths(layersRoot, sdkRoot, mounts, storageSize) {
  const roots = {
    [TMP]: process.env.TMPDIR,
    '/opt': layersRoot,
    '/var/task': process.env.LAMBDA_TASK_ROOT,
    '/var/runtime': sdkRoot,
    ...Object.fromEntries(mounts),
  };
  const paths = new Paths(roots, mounts.map(([root]) => root));
  delete process.env.TMPDIR;
  new Storage(paths.storage, storageSize, replace).limit();
  translateFiles(paths);
  translatePrograms(paths);
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) => resolveFilename(paths.real(request), ...rest);
  const { chdir, cwd } = process;
  process.chdir = (folder) => chdir(paths.real(folder));
  process.cwd = () => paths.onAws(cwd());
  hideUser();
  Module.syncBuiltinESMExports();
  return paths;
}

function translateFiles(paths) {
  for (const [names, count] of [[ONE_PATH, 1], [TWO_PATHS, 2]]) {
    for (const name of names.split(' ')) {
      const translate = makeTranslate(paths, count, RETURNING_PATHS.has(name));
      replace(fs, name, translate);
      replace(fs, `${name}Sync`, translate);
      replace(fs.promises, name, translate);
    }
  }
}

function makeTranslate(paths, count, returnsPath) {
  const finish = (result) => (returnsPath ? paths.onAws(result) : result);
  const fail = (error) => {
    throw paths.named(error);
  };
  return (original) =>
    function (...given) {
      const real = given.slice(0, count).map((one) => paths.real(one));
      if (!returnsPath && real.every((one, place) => one === given[place])) {
        return Reflect.apply(original, this, given);
      }
      const rest = given.slice(count);
      const callback = rest.at(-1);
      // A listener of changes is given no error.
      if (typeof callback === 'function' && !original.name.startsWith('watch')) {
        rest[rest.length - 1] =
          original.name === 'exists'
            ? callback
            : (error, ...results) => callback(paths.named(error), ...results.map(finish));
      }
      try {
        const result = Reflect.apply(original, this, [...real, ...rest]);
        return typeof result?.then === 'function' ? result.then(finish, fail) : finish(result);
      } catch (error) {
        return fail(error);
      }
    };
}

function translatePrograms(paths) {
  const inVariables = (variables) =>
    Object.fromEntries(
      Object.entries({ TMPDIR: paths.storage, ...variables }).map(([name, value]) => [
        name,
        paths.inText(value),
      ]),
    );
  // All that is started beside this process comes here.
  replace(childProcess.ChildProcess.prototype, 'spawn', (original) =>
    function (options) {
      const pairs = (options.envPairs ?? []).map((pair) => paths.inText(pair));
      if (!pairs.some((pair) => pair.startsWith('TMPDIR='))) pairs.push(`TMPDIR=${paths.storage}`);
      return Reflect.apply(original, this, [
        {
          ...options,
          file: paths.real(options.file),
          args: options.args?.map((one) => paths.inText(one)),
          cwd: paths.real(options.cwd),
          envPairs: pairs,
        },
      ]);
    },
  );
  for (const name of ['spawnSync', 'execFileSync', 'execSync']) {
    replace(childProcess, name, (original) => (program, ...rest) => {
      const options = rest.find((one) => typeof one === 'object' && one && !Array.isArray(one)) ?? {};
      const command = rest.filter(Array.isArray).map((list) => list.map((one) => paths.inText(one)));
      try {
        const result = original(paths.inText(program), ...command, {
          ...options,
          cwd: paths.real(options.cwd),
          env: inVariables(options.env ?? process.env),
        });
        paths.named(result?.error);
        return result;
      } catch (error) {
        throw paths.named(error);
      }
    });
  }
}

/** Has no home directory be read: the user of functions on AWS has none. */
function hideUser() {
  const { homedir, userInfo } = os;
  os.homedir = () => (process.env.HOME === undefined ? HOME : homedir());
  os.userInfo = (options) => {
    const asGiven = (text) => (options?.encoding === 'buffer' ? Buffer.from(text) : text);
    return { ...userInfo(options), username: asGiven(USER), homedir: asGiven(HOME) };
  };
}

/** Replaces a function of Node.js's by one with its name and its properties. */
function replace(holder, name, translate) {
  const original = holder[name];
  if (typeof original !== 'function') return;
  const translated = translate(original);
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    if (key === 'prototype' || (!property.configurable && key in translated)) continue;
    if (key === 'native') property.value = translate(property.value);
    Object.defineProperty(translated, key, property);
  }
  const place = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { ...place, value: translated });
}

module.exports = { Paths, translatePaths };
