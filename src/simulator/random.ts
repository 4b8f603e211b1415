/** Seeded numbers: the same seed gives the same tickets on every machine. */

/** A well-mixed unsigned 32-bit number from two others. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul((b ^ 0x7f4a7c15) + (a << 7), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A stream of numbers from 0 (inclusive) to 1 (exclusive). */
export type Draw = () => number;

/** A stream of draws that depends on the seed alone. */
export function createDraw(seed: number): Draw {
  let count = 0;
  return () => mix(seed, ++count) / 0x1_0000_0000;
}

/** Four digits each: a table is several times faster than `toString(16)`, and ids are most of a ticket. */
const HEX = Array.from({ length: 0x1_0000 }, (_, value) => value.toString(16).padStart(4, '0'));

/** 8 hexadecimal digits of the lower 32 bits of a number. */
export function hex8(value: number): string {
  return (HEX[value >>> 16] ?? '') + (HEX[value & 0xffff] ?? '');
}

/** A made-up 24-digit id, as MongoDB writes them. */
export function objectId(seed: number, n: number): string {
  return hex8(0x64000000 + (mix(seed, n) >>> 8)) + hex8(mix(seed + 1, n)) + hex8(mix(seed + 2, n));
}

/** A made-up UUID. */
export function uuid(seed: number, n: number): string {
  const a = hex8(mix(seed, n));
  const b = hex8(mix(seed + 1, n));
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${a.slice(1, 4)}-${hex8(mix(seed + 2, n))}${b.slice(4)}`;
}

/** A number of a text, to seed from. */
export function seedOf(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i));
  return h;
}

/**
 * Positions 0 … length-1 sorted by `key`, ties by position.
 * Sorts 64-bit integers natively (a million in about 0.1 s), so keys are whole numbers below 2^40 and length at most 2^24.
 */
export function orderBy(length: number, key: (position: number) => number): Uint32Array {
  const packed = new BigUint64Array(length);
  const halves = new Uint32Array(packed.buffer);
  for (let i = 0; i < length; i++) {
    const k = key(i);
    halves[2 * i] = ((k % 256) << 24) | i;
    halves[2 * i + 1] = k / 256;
  }
  packed.sort();
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = (halves[2 * i] ?? 0) & 0xff_ffff;
  return order;
}
