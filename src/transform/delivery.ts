import type { Erased } from '../streams/erased.js';
import { digestOf } from '../streams/erased.js';
import { isNested, type ListStream, type Stream } from '../streams/define.js';
import type { Shape } from '../streams/shape.js';
import { clean, isObject, MAX_DEPTH } from './clean.js';

/** A record that a delivery holds. */
export interface DeliveredRecord {
  readonly stream: ListStream;
  readonly record: unknown;
}

/** The records of known streams in the `data` of a delivery; none for a type that brings none. */
export function recordsIn(streams: readonly Stream[], type: string, data: unknown): DeliveredRecord[] {
  if (!isObject(data)) return [];
  return streams.flatMap((stream) => {
    if (isNested(stream) || stream.delivered === null || stream.delivered.except.includes(type)) return [];
    return stream.delivered.keys
      .filter((key) => Object.hasOwn(data, key))
      .flatMap((key) => data[key])
      .map((record) => ({ stream, record }));
  });
}

/**
 * Takes out of a delivery, in place, what is never stored: of records the keys and paths of their shape, of everything else the same keys, and
 * the excluded paths wherever they stand.
 */
export function cleanDelivery(shapes: readonly Shape[], type: string, data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  const never = new Set(shapes.flatMap((shape) => [...shape.never]));
  clean(data, never, []);
  const records = recordsIn(
    shapes.map(({ stream }) => stream),
    type,
    data,
  );
  const known = new Set<unknown>();
  for (const { stream, record } of records) {
    known.add(record);
    const shape = shapes.find((one) => one.stream === stream);
    if (shape && typeof record === 'object' && record !== null) clean(record, new Set(), shape.exclude);
  }
  const exclude = shapes.flatMap((shape) => shape.exclude);
  if (exclude.length > 0) excludeEverywhere(data, exclude, known, 0);
}

function excludeEverywhere(
  value: object,
  exclude: Shape['exclude'],
  known: ReadonlySet<unknown>,
  depth: number,
): void {
  if (known.has(value) || depth > MAX_DEPTH) return;
  clean(value, new Set(), exclude);
  for (const inner of Object.values(value) as unknown[])
    if (typeof inner === 'object' && inner !== null) excludeEverywhere(inner, exclude, known, depth + 1);
}

/** Whether an id of somebody who was erased stands anywhere in a delivery. */
export function namesErased(value: unknown, erased: Erased): boolean {
  const { key, digests } = erased;
  if (digests.size === 0) return false;
  if (typeof value === 'string')
    return digests.has(digestOf(key, 'ticket', value)) || digests.has(digestOf(key, 'customer', value));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((inner) => namesErased(inner, erased));
}
