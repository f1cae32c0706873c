'use strict';

/**
 * `NODE_PATH` for ES modules, which otherwise could not import the modules of layers, and AWS's paths
 * in what they import.
 */

const fs = require('node:fs');
const nodeModule = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

/**
 * Adds the folders of `NODE_PATH` to those where `import` looks, behind all of Node.js's own. `file`
 * is this module's; `paths` has the real places of AWS's paths, where these lead elsewhere.
 */
function searchNodePath(file, paths) {
  const folders = (process.env.NODE_PATH ?? '').split(path.delimiter).filter(Boolean);
  if (nodeModule.registerHooks !== undefined) {
    nodeModule.registerHooks({ resolve: makeResolve(folders, paths) });
  } else if (paths !== undefined || folders.some(isLayer)) {
    // This older kind of hook runs in a thread of its own: only where it is of use, as that costs
    // time to start.
    nodeModule.register?.(pathToFileURL(file), { data: { folders, roots: paths?.roots } });
  }
}

function isLayer(folder) {
  return path.basename(folder) === 'node_modules' && fs.existsSync(folder);
}

function makeResolve(folders, paths) {
  const places = folders.filter(isLayer).map((folder) => pathToFileURL(path.join(folder, '..', 'x.mjs')));
  return (specifier, context, nextResolve) => {
    const real = paths === undefined ? specifier : realSpecifier(paths, specifier);
    return resolveFrom([context.parentURL, ...places.map(String)], real, context, nextResolve);
  };
}

function realSpecifier(paths, specifier) {
  if (specifier.startsWith('/')) return paths.real(specifier);
  return specifier.startsWith('file:') ? String(paths.real(new URL(specifier))) : specifier;
}

function resolveFrom([parentURL, ...others], specifier, context, nextResolve) {
  const tryOthers = (error) => {
    if (others.length === 0 || !isMissingPackage(error, specifier)) throw error;
    try {
      const found = resolveFrom(others, specifier, context, nextResolve);
      // The first error names the module that imports, later ones only the folders tried.
      return found instanceof Promise ? found.catch(() => Promise.reject(error)) : found;
    } catch {
      throw error;
    }
  };
  try {
    const found = nextResolve(specifier, { ...context, parentURL });
    return found instanceof Promise ? found.catch(tryOthers) : found;
  } catch (error) {
    return tryOthers(error);
  }
}

function isMissingPackage(error, specifier) {
  return error?.code === 'ERR_MODULE_NOT_FOUND' && /^[^./#][^:]*$/.test(specifier);
}

/** The state of the older kind of hook, which is set when its thread starts. */
const thread = { resolve: undefined };

function initialize({ folders, roots }) {
  // Required here: in its own thread this module stands alone.
  thread.resolve = makeResolve(folders, roots && new (require('./paths.cjs').Paths)(roots));
}

function resolve(specifier, context, nextResolve) {
  return thread.resolve(specifier, context, nextResolve);
}

module.exports = { initialize, resolve, searchNodePath };
