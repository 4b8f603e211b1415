import { createHash } from 'node:crypto';
import type { RegionConfig } from '../config/config.js';
import type { NewDelivery } from '../load/deliveries.js';
import { instantOf } from '../streams/columns.js';
import type { Shape } from '../streams/shape.js';
import { streams } from '../streams/index.js';
import { isObject, MAX_DEPTH } from '../transform/clean.js';
import { cleanDelivery, recordsIn } from '../transform/delivery.js';

/** A region as deliveries for it are received. */
export interface Receiver {
  readonly config: Pick<RegionConfig, 'region' | 'webhookKey' | 'webhookUnsigned'>;
  readonly shapes: readonly Shape[];
}

/** Longer ids and types are no ids and types of vivenu. */
const MAX_WORD = 100;

/** What is written down of a delivery; null when the body is no JSON object, or nested deeper than any record that can be stored. */
export function deliveryOf({ config, shapes }: Receiver, body: Buffer, receivedAt: Date): NewDelivery | null {
  if (isTooDeep(body)) return null;
  const envelope = parse(body);
  if (!isObject(envelope)) return null;
  const type = wordOf(envelope['type']) ?? 'unknown';
  const data = Object.hasOwn(envelope, 'data') ? envelope['data'] : null;
  cleanDelivery(shapes, type, data);
  return {
    region: config.region,
    id: wordOf(envelope['id']) ?? createHash('sha256').update(body).digest('hex'),
    type,
    receivedAt,
    payload: JSON.stringify(data ?? null),
    carried: recordsIn(streams, type, data).flatMap(({ stream, record }) => {
      const id = isObject(record) ? wordOf(record['_id']) : null;
      const updatedAt = isObject(record) ? instantOf(record['updatedAt']) : null;
      return id === null
        ? []
        : [[stream.name, id, updatedAt === null ? null : new Date(updatedAt).toISOString()] as const];
    }),
  };
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_WORD && /^[\x21-\x7e]+$/.test(value) ? value : null;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** `[` and `{`, `]` and `}` differ in this bit alone. */
const CURLY = 0x20;
const [OPEN, CLOSE] = [0x7b, 0x7d];

/** Looked at before it is parsed; brackets inside of texts count too, which no honest delivery comes near. */
function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  for (const byte of body) {
    const bracket = byte | CURLY;
    if (bracket === OPEN && ++depth > MAX_DEPTH) return true;
    if (bracket === CLOSE) depth--;
  }
  return false;
}
