'use strict';

/**
 * Handlers whose file exists only as TypeScript. AWS runs JavaScript alone; what a build step does for
 * it is done here by the project's own esbuild, by that of its tsx, or by Node.js itself.
 */

const fs = require('node:fs');
const { Module, createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./errors.cjs');

const EXTENSIONS = ['.ts', '.mts', '.cts'];
/** The first version of esbuild with the option `packages`. */
const PACKAGES_SINCE = [0, 16, 5];
/** What the names of packages begin with: esbuild's patterns for all imports but those of files. */
const BARE_NAMES = [...'@abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'].map((one) => `${one}*`);

/** Returns the TypeScript source of a module named without extension; undefined if it has none. */
function findTypeScript(file) {
  return EXTENSIONS.map((extension) => file + extension).find((source) => fs.existsSync(source));
}

/** Loads a TypeScript source; throws `RuntimeError` when nothing here can read it. */
async function loadTypeScript(file) {
  const esbuild = findEsbuild(createRequire(file));
  if (esbuild !== undefined) return bundle(esbuild, file);
  if (process.features.typescript) return import(pathToFileURL(file));
  throw new RuntimeError(
    'ImportModuleError',
    `${file} is TypeScript, which Node.js ${process.version} does not run: build it, ` +
      'add esbuild or tsx to the node_modules beside it, which a sync of its package.json does too, ' +
      'or use Node.js 22.18 or later.',
  );
}

/** Returns the project's own esbuild, or the one that its tsx depends on. */
function findEsbuild(projectRequire) {
  return (
    tryRequire(projectRequire, 'esbuild') ??
    tryRequire(() => createRequire(projectRequire.resolve('tsx/package.json'))('esbuild'))
  );
}

function tryRequire(requireIt, name) {
  try {
    return requireIt(name);
  } catch {
    return undefined;
  }
}

/** Returns the options that leave packages out of a bundle, for a version of esbuild. */
function withoutPackages(esbuild) {
  const version = (esbuild.version ?? '').split('.').map(Number);
  const at = PACKAGES_SINCE.findIndex((number, index) => version[index] !== number);
  const isOlder = at >= 0 && version[at] < PACKAGES_SINCE[at];
  return isOlder ? { external: BARE_NAMES } : { packages: 'external' };
}

/** Builds a source as SAM and CDK do, but leaves packages out of the bundle, to be required. */
function bundle(esbuild, file) {
  const built = esbuild.buildSync({
    entryPoints: [file],
    bundle: true,
    ...withoutPackages(esbuild),
    platform: 'node',
    format: 'cjs',
    target: `node${process.versions.node}`,
    sourcemap: 'inline',
    write: false,
    logLevel: 'silent',
  });
  const loaded = new Module(file);
  loaded.filename = file;
  loaded.paths = Module._nodeModulePaths(path.dirname(file));
  process.setSourceMapsEnabled(true);
  loaded._compile(built.outputFiles[0].text, file);
  return loaded.exports;
}

module.exports = { findTypeScript, loadTypeScript };
