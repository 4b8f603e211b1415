/**
 * PostgreSQL arrays in binary form: a thousand rows travel as one parameter a column, without being escaped as text.
 * Layout: PostgreSQL source, `array_recv`: dimensions, has-null flag, element oid, length, lower bound, then each element with its length (-1: null).
 */

const TEXT = 25;
const BYTEA = 17;
const JSONB = 3802;
const HEADER = 20;

function header(oid: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

/** `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value));
  const buffer = header(TEXT, values.length, bytes);
  let at = HEADER;
  for (const value of values) {
    const length = value === null ? -1 : buffer.write(value, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return buffer;
}

/** `jsonb[]` of JSON texts; each element opens with the format's version, 1. */
export function jsonbArray(values: readonly string[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 5 + Buffer.byteLength(value);
  const buffer = header(JSONB, values.length, bytes);
  let at = HEADER;
  for (const value of values) {
    const length = buffer.write(value, at + 5);
    buffer.writeInt32BE(length + 1, at);
    buffer[at + 4] = 1;
    at += 5 + length;
  }
  return buffer;
}

/** `bytea[]`. */
export function byteaArray(values: readonly Buffer[]): Buffer {
  const buffer = header(
    BYTEA,
    values.length,
    values.reduce((bytes, value) => bytes + 4 + value.length, 0),
  );
  let at = HEADER;
  for (const value of values) {
    buffer.writeInt32BE(value.length, at);
    value.copy(buffer, at + 4);
    at += 4 + value.length;
  }
  return buffer;
}
