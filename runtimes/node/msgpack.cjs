'use strict';

/**
 * The part of msgpack that the messages of frames need: maps with strings, numbers, booleans and
 * nulls.
 */

const FIXED_MAP = 0x80;
const FIXED_TEXT = 0xa0;

/** Writes `message` at `start` of `buffer`, which must be large enough; returns its end. */
function encode(message, buffer, start) {
  const names = Object.keys(message);
  buffer[start] = FIXED_MAP | names.length;
  let offset = start + 1;
  for (const name of names) {
    offset = encodeText(name, buffer, offset);
    offset = encodeValue(message[name], buffer, offset);
  }
  return offset;
}

function encodeValue(value, buffer, offset) {
  if (typeof value === 'string') return encodeText(value, buffer, offset);
  if (typeof value === 'number') return encodeNumber(value, buffer, offset);
  buffer[offset] = value === true ? 0xc3 : value === false ? 0xc2 : 0xc0;
  return offset + 1;
}

function encodeText(text, buffer, offset) {
  const size = Buffer.byteLength(text);
  if (size < 32) {
    buffer[offset] = FIXED_TEXT | size;
    return offset + 1 + buffer.write(text, offset + 1);
  }
  buffer[offset] = 0xda;
  buffer.writeUInt16BE(size, offset + 1);
  return offset + 3 + buffer.write(text, offset + 3);
}

function encodeNumber(value, buffer, offset) {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    buffer[offset] = 0xcb;
    return buffer.writeDoubleBE(value, offset + 1);
  }
  if (value < 128) return buffer.writeUInt8(value, offset);
  buffer[offset] = 0xce;
  return buffer.writeUInt32BE(value, offset + 1);
}

/** Returns the value that begins at `start` of `buffer`. */
function decode(buffer, start) {
  return new Decoder(buffer, start).value();
}

class Decoder {
  constructor(buffer, start) {
    this.buffer = buffer;
    this.offset = start;
  }

  value() {
    const type = this.buffer[this.offset++];
    if (type < 0x80) return type;
    if (type < 0x90) return this.map(type & 0x0f);
    if (type < 0xa0) return this.list(type & 0x0f);
    if (type < 0xc0) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    const read = READERS[type];
    if (read === undefined) throw new Error(`msgpack type 0x${type.toString(16)} is not expected`);
    return read(this);
  }

  /** Reads a big-endian unsigned integer of `size` bytes, at most six. */
  unsigned(size) {
    const value = this.buffer.readUIntBE(this.offset, size);
    this.offset += size;
    return value;
  }

  signed(size) {
    const value = this.buffer.readIntBE(this.offset, size);
    this.offset += size;
    return value;
  }

  wide(method, size = 8) {
    const value = this.buffer[method](this.offset);
    this.offset += size;
    return Number(value);
  }

  text(size) {
    const end = this.offset + size;
    const value = this.buffer.toString('utf8', this.offset, end);
    this.offset = end;
    return value;
  }

  map(size) {
    const map = {};
    for (let count = 0; count < size; count++) map[this.value()] = this.value();
    return map;
  }

  list(size) {
    return Array.from({ length: size }, () => this.value());
  }
}

const READERS = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xca: (decoder) => decoder.wide('readFloatBE', 4),
  0xcb: (decoder) => decoder.wide('readDoubleBE'),
  0xcc: (decoder) => decoder.unsigned(1),
  0xcd: (decoder) => decoder.unsigned(2),
  0xce: (decoder) => decoder.unsigned(4),
  0xcf: (decoder) => decoder.wide('readBigUInt64BE'),
  0xd0: (decoder) => decoder.signed(1),
  0xd1: (decoder) => decoder.signed(2),
  0xd2: (decoder) => decoder.signed(4),
  0xd3: (decoder) => decoder.wide('readBigInt64BE'),
  0xd9: (decoder) => decoder.text(decoder.unsigned(1)),
  0xda: (decoder) => decoder.text(decoder.unsigned(2)),
  0xdb: (decoder) => decoder.text(decoder.unsigned(4)),
  0xdc: (decoder) => decoder.list(decoder.unsigned(2)),
  0xdd: (decoder) => decoder.list(decoder.unsigned(4)),
  0xde: (decoder) => decoder.map(decoder.unsigned(2)),
  0xdf: (decoder) => decoder.map(decoder.unsigned(4)),
};

module.exports = { decode, encode };
