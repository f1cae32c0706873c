'use strict';

/**
 * The size of `/tmp` at level `processes`, where no file system of its own limits it. The functions of
 * Node.js that write give what they give with a full file system: as much as fits is written, and then
 * comes `ENOSPC`. What addons, workers and programs write counts, but is not held back.
 */

const fs = require('node:fs');
const path = require('node:path');

/** Node.js's own, also once the others translate paths. */
const { fstatSync, lstatSync, readdirSync } = fs;
/** A file takes whole blocks of its file system, whose sizes are told in smaller units. */
const BLOCK = 4096;
const UNIT = 512;
/** Others may have written a lot after so many milliseconds. */
const KNOWN_MS = 500;
const WRITING = fs.constants.O_WRONLY | fs.constants.O_RDWR;

/** The room that is left in the directory in the place of `/tmp`. */
class Storage {
  #folder;
  #size;
  /** Bytes that were left when they were measured, without those that were written since. */
  #room = 0;
  #measuredAt = -Infinity;
  /** The inodes of files that are open for writing, by their descriptors. */
  #open = new Map();

  /** `replace` replaces a function of an object's by what another makes of it. */
  constructor(folder, megabytes, replace) {
    this.#folder = `${folder}/`;
    this.#size = megabytes * 2 ** 20;
    this.replace = replace;
  }

  /** Has the functions of this process heed it; to be called before they translate paths. */
  limit() {
    this.#limitDescriptors();
    for (const name of ['writeFile', 'appendFile']) {
      this.#limitWhole(fs, name, name);
      this.#limitWhole(fs, `${name}Sync`, name);
      this.#limitWhole(fs.promises, name, name);
    }
    for (const [holder, name] of [[fs, 'copyFile'], [fs, 'copyFileSync'], [fs.promises, 'copyFile']]) {
      this.replace(holder, name, (original) => (source, target, ...rest) =>
        this.#attempt(holder, name, rest, () => {
          if (this.#holds(target)) this.#takeAll(fs.statSync(source).size, 'copyfile');
          return original(source, target, ...rest);
        }),
      );
    }
    this.#limitHandles();
  }

  /** Returns how many of so many bytes there is room for; throws if for none. */
  #take(size, syscall = 'write') {
    const now = performance.now();
    if (size > this.#room || now - this.#measuredAt > KNOWN_MS) {
      // Others may have taken some, and what was removed has given some back.
      this.#room = this.#size - this.#used();
      this.#measuredAt = now;
    }
    if (size && this.#room <= 0) throw noSpace(syscall);
    const taken = Math.min(size, this.#room);
    this.#room -= taken;
    return taken;
  }

  #takeAll(size, syscall) {
    if (this.#take(size, syscall) < size) throw noSpace(syscall);
  }

  /** Returns the bytes that all files take. They come and go meanwhile. */
  #used() {
    const sizes = new Map();
    const folders = [this.#folder];
    while (folders.length) {
      const folder = folders.pop();
      for (const entry of attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) folders.push(file);
        else {
          const status = attempt(() => lstatSync(file));
          // A file with two names is one.
          if (status) sizes.set(status.ino, sizeOf(status));
        }
      }
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  #holds(file) {
    if (typeof file === 'number') return this.#isOpen(file);
    const name = Buffer.isBuffer(file) ? file.toString() : file instanceof URL ? file.pathname : file;
    return typeof name === 'string' && name.startsWith(this.#folder);
  }

  /** Returns whether a descriptor is one of a file in it: the number may be another's by now. */
  #isOpen(descriptor) {
    const inode = this.#open.get(descriptor);
    return inode !== undefined && attempt(() => fstatSync(descriptor).ino) === inode;
  }

  #note(descriptor, file, flags) {
    const writes = typeof flags === 'number' ? flags & WRITING : /[wax+]/.test(flags ?? 'r');
    if (!writes || !this.#holds(file)) return;
    this.#open.set(descriptor, fstatSync(descriptor).ino);
    this.#room -= BLOCK;
  }

  #limitDescriptors() {
    this.replace(fs, 'openSync', (original) => (file, flags, ...rest) => {
      const descriptor = original(file, flags, ...rest);
      this.#note(descriptor, file, flags);
      return descriptor;
    });
    this.replace(fs, 'open', (original) => (file, ...rest) => {
      const callback = rest.pop();
      const [flags] = rest;
      if (typeof callback !== 'function') return original(file, ...rest, callback);
      return original(file, ...rest, (error, descriptor) => {
        if (!error) this.#note(descriptor, file, flags);
        callback(error, descriptor);
      });
    });
    for (const name of ['write', 'writeSync', 'writev', 'writevSync']) {
      this.replace(fs, name, (original) => (descriptor, data, ...rest) => {
        if (!this.#open.has(descriptor) || !this.#isOpen(descriptor)) {
          return original(descriptor, data, ...rest);
        }
        return this.#attempt(fs, name, rest, () =>
          original(descriptor, ...this.#fitting(data, rest, () => fstatSync(descriptor).size)),
        );
      });
    }
  }

  /** Returns the arguments of a write for the part of its data that fits. */
  #fitting(data, given, existing) {
    const rest = [...given];
    const callback = typeof rest.at(-1) === 'function' ? [rest.pop()] : [];
    let bytes = data;
    let [position] = rest;
    if (Array.isArray(data)) bytes = Buffer.concat(data.map(toBytes));
    else if (typeof data === 'string') bytes = Buffer.from(data, rest[1] ?? 'utf8');
    else {
      const options = rest[0] !== null && typeof rest[0] === 'object' ? rest[0] : undefined;
      const offset = options?.offset ?? (options ? 0 : rest[0] ?? 0);
      const length = options?.length ?? (options ? undefined : rest[1]);
      position = options ? options.position : rest[2];
      bytes = toBytes(data).subarray(offset, length == null ? undefined : offset + length);
    }
    let room;
    try {
      room = this.#take(bytes.length);
    } catch (error) {
      // It has the room of what it overwrites.
      room = typeof position === 'number' ? Math.min(bytes.length, existing() - position) : 0;
      if (room <= 0) throw error;
    }
    const part = bytes.subarray(0, room);
    if (Array.isArray(data)) return [[part], position ?? null, ...callback];
    return [part, 0, room, position ?? null, ...callback];
  }

  /** Limits a function that writes a whole file. */
  #limitWhole(holder, name, kind) {
    this.replace(holder, name, (original) => (file, data, ...rest) => {
      const isData = typeof data === 'string' || ArrayBuffer.isView(data);
      if (!isData || !this.#holds(file)) return original(file, data, ...rest);
      return this.#attempt(holder, name, rest, () => {
        const [options] = rest;
        const encoding = typeof options === 'string' ? options : options?.encoding;
        const bytes = typeof data === 'string' ? Buffer.from(data, encoding ?? 'utf8') : toBytes(data);
        const flag = options?.flag ?? (kind === 'writeFile' ? 'w' : 'a');
        if (String(flag).startsWith('w') && typeof file !== 'number') {
          const before = attempt(() => lstatSync(file));
          // What is there is replaced.
          if (before?.isFile()) this.#room += sizeOf(before);
        }
        let room = 0;
        let failure = noSpace('write');
        try {
          room = this.#take(bytes.length);
        } catch (error) {
          failure = error;
        }
        this.#room -= BLOCK;
        if (room === bytes.length) return original(file, data, ...rest);
        const written = original(file, bytes.subarray(0, room), ...withCallback(rest, failure));
        if (typeof written?.then === 'function') return written.then(() => Promise.reject(failure));
        if (typeof rest.at(-1) === 'function') return written;
        throw failure;
      });
    });
  }

  /** Limits what `fs.promises.open` returns. */
  #limitHandles() {
    const known = new WeakSet();
    const storage = this;
    let isLimited = false;
    const limitAll = (prototype) => {
      for (const name of ['write', 'writev', 'writeFile', 'appendFile']) {
        storage.replace(prototype, name, (original) =>
          async function (data, ...rest) {
            if (!known.has(this)) return Reflect.apply(original, this, [data, ...rest]);
            if (name.startsWith('write') && !name.endsWith('File')) {
              const fitting = storage.#fitting(data, rest, () => fstatSync(this.fd).size);
              const { bytesWritten } = await Reflect.apply(original, this, fitting);
              return name === 'write' ? { bytesWritten, buffer: data } : { bytesWritten, buffers: data };
            }
            if (typeof data === 'string' || ArrayBuffer.isView(data)) {
              const size = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
              storage.#takeAll(size, 'write');
            }
            return Reflect.apply(original, this, [data, ...rest]);
          },
        );
      }
    };
    this.replace(fs.promises, 'open', (original) => async (file, flags, ...rest) => {
      const handle = await original(file, flags, ...rest);
      const writes = typeof flags === 'number' ? flags & WRITING : /[wax+]/.test(flags ?? 'r');
      if (!writes || !this.#holds(file)) return handle;
      if (!isLimited) limitAll(Object.getPrototypeOf(handle));
      isLimited = true;
      known.add(handle);
      return handle;
    });
  }

  /** Does what a function of `fs` does, and fails as that fails: by its callback, or its promise. */
  #attempt(holder, name, rest, action) {
    try {
      return action();
    } catch (error) {
      const callback = rest.at(-1);
      if (holder === fs.promises) return Promise.reject(error);
      if (name.endsWith('Sync') || typeof callback !== 'function') throw error;
      process.nextTick(callback, error);
      return undefined;
    }
  }
}

/** Returns the bytes of a file's blocks, without those that are kept for what may be added. */
function sizeOf(status) {
  return Math.min(status.blocks * UNIT, Math.ceil(status.size / BLOCK) * BLOCK);
}

function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function toBytes(view) {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

/** Returns arguments with a callback that is given a failure, if it has one. */
function withCallback(rest, failure) {
  const callback = rest.at(-1);
  return typeof callback === 'function' ? [...rest.slice(0, -1), () => callback(failure)] : rest;
}

function noSpace(syscall) {
  const error = new Error(`ENOSPC: no space left on device, ${syscall}`);
  return Object.assign(error, { errno: -28, code: 'ENOSPC', syscall });
}

module.exports = { Storage };
