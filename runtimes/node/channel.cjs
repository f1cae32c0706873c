'use strict';

/**
 * The runtime's end of the socket pair to the engine. A frame is two big-endian 32-bit lengths, a
 * msgpack map and raw bytes; `runtimes/frames.py` is the same for Python.
 */

const fs = require('node:fs');
const net = require('node:net');
const { decode, encode } = require('./msgpack.cjs');

const HEADER_SIZE = 8;
const READ_SIZE = 1 << 16;
/** Room for a message, which is always enough: its texts are truncated to 256 characters. */
const MESSAGE_SIZE = 1 << 12;
/** Bytes of a payload up to which it is copied behind its message and written with it. */
const SMALL_PAYLOAD = 1 << 16;
const NOTHING = Buffer.alloc(0);

class Channel {
  #descriptor;
  #socket;
  #onFrame;
  #unread = NOTHING;
  /** A large frame that has arrived in part: its message, its payload and the bytes filled of it. */
  #message;
  #payload;
  #filled = 0;
  #outgoing = Buffer.allocUnsafe(HEADER_SIZE + MESSAGE_SIZE + SMALL_PAYLOAD);

  /** `onFrame(message, payload)` must not keep the payload: its memory is used again afterwards. */
  constructor(descriptor, onFrame, onClosed) {
    this.#descriptor = descriptor;
    this.#onFrame = onFrame;
    const buffer = Buffer.allocUnsafe(READ_SIZE);
    this.#socket = new net.Socket({
      fd: descriptor,
      readable: true,
      writable: true,
      onread: { buffer, callback: (count) => this.#take(buffer.subarray(0, count)) },
    });
    this.#socket.on('error', onClosed);
    this.#socket.on('close', onClosed);
  }

  /** Sets whether this channel keeps the event loop, and so the process, alive. */
  keepAlive(isKept) {
    if (isKept) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Sends a frame; `payload` is text or bytes. */
  send(message, payload = NOTHING) {
    const outgoing = this.#outgoing;
    const start = encode(message, outgoing, HEADER_SIZE);
    // A UTF-16 unit of a text takes at most three bytes in UTF-8.
    const isSmall = payload.length * 3 <= SMALL_PAYLOAD;
    const bytes = isSmall || typeof payload !== 'string' ? payload : Buffer.from(payload);
    let size = bytes.length;
    if (isSmall && typeof bytes === 'string') size = outgoing.write(bytes, start);
    else if (isSmall) outgoing.set(bytes, start);
    outgoing.writeUInt32BE(start - HEADER_SIZE, 0);
    outgoing.writeUInt32BE(size, 4);
    this.#write(outgoing.subarray(0, isSmall ? start + size : start));
    if (!isSmall) this.#write(bytes);
  }

  /** Calls back when everything that was sent has been handed to the kernel. */
  whenSent(callback) {
    if (this.#socket.writableLength === 0) callback();
    else this.#socket.write(NOTHING, callback);
  }

  /** Writes directly where nothing waits: that costs a fifth of what the stream's write does. */
  #write(bytes) {
    let written = 0;
    if (this.#socket.writableLength === 0) {
      try {
        written = fs.writeSync(this.#descriptor, bytes);
      } catch (error) {
        // The engine has gone: the socket closes next, which ends the process.
        if (error.code !== 'EAGAIN') return;
      }
    }
    // A copy, because `#outgoing` is used again by the next frame.
    if (written < bytes.length) this.#socket.write(Buffer.from(bytes.subarray(written)));
  }

  #take(bytes) {
    if (this.#payload !== undefined) {
      const taken = bytes.copy(this.#payload, this.#filled);
      this.#filled += taken;
      if (this.#filled < this.#payload.length) return true;
      const payload = this.#payload;
      this.#payload = undefined;
      this.#onFrame(this.#message, payload);
      bytes = bytes.subarray(taken);
    }
    let unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    for (let size = 1; size > 0 && unread.length > 0; unread = unread.subarray(size)) {
      size = this.#takeFrame(unread);
      if (size === 0) break;
    }
    this.#unread = unread.length === 0 ? NOTHING : Buffer.from(unread);
    return true;
  }

  /** Takes a frame, or the beginning of a large one; returns its bytes, 0 if it is too short. */
  #takeFrame(bytes) {
    if (bytes.length < HEADER_SIZE) return 0;
    const start = HEADER_SIZE + bytes.readUInt32BE(0);
    const size = bytes.readUInt32BE(4);
    if (bytes.length < start) return 0;
    if (bytes.length >= start + size) {
      this.#onFrame(decode(bytes, HEADER_SIZE), bytes.subarray(start, start + size));
      return start + size;
    }
    this.#message = decode(bytes, HEADER_SIZE);
    this.#payload = Buffer.allocUnsafe(size);
    this.#filled = bytes.copy(this.#payload, 0, start);
    return bytes.length;
  }
}

module.exports = { Channel };
