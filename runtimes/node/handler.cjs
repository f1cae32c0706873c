'use strict';

/** Loading the handler: AWS's search for the file, AWS's errors. */

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./errors.cjs');
const { isFrom24 } = require('./generation.cjs');
const { findTypeScript, loadTypeScript } = require('./typescript.cjs');

// The function's modules are required from the path of AWS's runtime; the file need not exist.
const requireFromRuntime = createRequire('/var/runtime/index.mjs');

/** Returns the function of `folder/file.export.nested`; throws `RuntimeError` in AWS's words. */
async function loadHandler(taskRoot, name) {
  if (name.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. ` +
        'Use absolute paths when specifying root directories in handler names.',
    );
  }
  const base = path.basename(name);
  const folder = name.slice(0, name.indexOf(base));
  const [, moduleName, exportName] = /^([^.]*)\.(.*)$/.exec(base) ?? [];
  if (exportName === undefined) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const loaded = await loadModule(taskRoot, folder, moduleName);
  const handler = isFrom24 ? findExportFrom24(loaded, exportName) : findExport(loaded, exportName);
  if (!handler) {
    throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new RuntimeError('HandlerNotFound', `${name} is not a function`);
  }
  return handler;
}

function findExport(loaded, name) {
  return name.split('.').reduce((found, key) => found && found[key], loaded);
}

function findExportFrom24(loaded, name) {
  const isObject = (value) => typeof value === 'object' && value !== null;
  const find = (root) =>
    name.split('.').reduce((found, key) => (isObject(found) ? found[key] : undefined), root);
  return find(loaded) || (isObject(loaded) && 'default' in loaded ? find(loaded.default) : undefined);
}

async function loadModule(taskRoot, folder, name) {
  const file = path.resolve(taskRoot, folder, name);
  try {
    const loaded = isFrom24 ? await importFrom24(file) : await requireOrImport(file);
    if (loaded) return loaded;
    const source = findTypeScript(file);
    if (source !== undefined) return await loadTypeScript(source);
    const paths = isFrom24 ? [taskRoot, path.join(taskRoot, folder)] : [taskRoot, folder];
    return requireFromRuntime(requireFromRuntime.resolve(name, { paths }));
  } catch (error) {
    throw isFrom24 ? withAwssName(error) : withAwssNameOrFailing(error);
  }
}

/** Fails as AWS's does up to Node.js 22 for a thrown value that has no properties. */
function withAwssNameOrFailing(error) {
  try {
    void error.code;
  } catch (failure) {
    return failure;
  }
  return withAwssName(error);
}

function withAwssName(error) {
  if (error instanceof SyntaxError) {
    const syntaxError = new RuntimeError('UserCodeSyntaxError', String(error));
    // The original's has the file and line, which the message lacks.
    if (isFrom24) syntaxError.stack = error.stack;
    return syntaxError;
  }
  const isMissing = error?.code === 'MODULE_NOT_FOUND';
  return isMissing ? new RuntimeError('ImportModuleError', String(error)) : error;
}

/** Loads a file as up to Node.js 22: CommonJS by `require`, ES modules by `import`. */
async function requireOrImport(file) {
  const isModule = fs.existsSync(`${file}.js`) && isModulePackage(path.dirname(file));
  return (
    tryRequire(file) ||
    (!isModule && tryRequire(`${file}.js`)) ||
    (isModule && (await tryImport(`${file}.js`))) ||
    (await tryImport(`${file}.mjs`)) ||
    tryRequire(`${file}.cjs`)
  );
}

/** Loads a file as from Node.js 24 on: all kinds of modules by `import`. */
async function importFrom24(file) {
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const loaded = await tryImport(file + extension);
    if (loaded) return loaded;
  }
  return undefined;
}

function tryRequire(file) {
  return fs.existsSync(file) ? requireFromRuntime(file) : undefined;
}

async function tryImport(file) {
  return fs.existsSync(file) ? import(pathToFileURL(file)) : undefined;
}

/** Returns whether the nearest package.json, up to a node_modules, makes `.js` an ES module. */
function isModulePackage(folder) {
  if (path.basename(folder) === 'node_modules') return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== path.dirname(folder) && isModulePackage(path.dirname(folder));
}

module.exports = { loadHandler };
