import { createHash } from 'node:crypto';
import type { Profile } from '../profile/profile.js';
import type { Cell, Column } from './columns.js';
import type { Stream } from './define.js';
import { remainsOf, type Remains } from './erased.js';

/** A stream as one region stores it: its columns, and what is taken out before anything is kept. */
export interface Shape {
  readonly stream: Stream;
  readonly columns: readonly (readonly [name: string, column: Column])[];
  /** Positions of the primary key in `columns`. */
  readonly key: readonly number[];
  /** Keys that are dropped at any depth. */
  readonly never: ReadonlySet<string>;
  /** Paths of the region's `exclude_fields`; none for events, which hold nobody's data and share names such as `name`. */
  readonly exclude: readonly (readonly string[])[];
  /** Changes when a stored row would come out differently from the same JSON; part of the content hash. */
  readonly version: string;
  /** Changes when something else is taken out than before. */
  readonly omitted: string;
  /** What is left of the record of an erased person. */
  readonly remains: Remains;
  /** Columns that keep their values then. */
  readonly impersonal: ReadonlySet<string>;
}

export interface ShapeOptions {
  readonly storeBarcodes: boolean;
  readonly excludeFields: readonly string[];
  readonly profile: Profile;
}

/** The shape of a stream under a region's configuration. */
export function shapeOf(stream: Stream, options: ShapeOptions): Shape {
  const columns = Object.entries({ ...stream.columns, ...stream.derived(options.profile) });
  const optedOut = Object.entries(stream.optIn).filter(([, option]) => !options[option]);
  const never = new Set([...stream.never, ...optedOut.map(([key]) => key)]);
  const mapping = columns.map(([name, { type, path, above, rule }]) => [name, type, path, above, rule]);
  const exclude = stream.group === 'events' ? [] : options.excludeFields.map((path) => path.split('.'));
  const impersonal = columns.filter(([name, column]) => !column.personal && !stream.personal.includes(name));
  const enriched = Object.keys(stream.enriched).filter((name) => !stream.personal.includes(name));
  return {
    stream,
    columns,
    key: stream.primaryKey.map((name) => columns.findIndex(([column]) => column === name)),
    never,
    exclude,
    version: digest(mapping),
    omitted: digest([[...never].sort(), exclude.map((path) => path.join('.')).sort()]),
    remains: remainsOf(impersonal.map(([, column]) => column)),
    impersonal: new Set([...impersonal.map(([name]) => name), ...enriched]),
  };
}

const digest = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** A record ready for its table. */
export interface Row {
  /** Primary key as one text. */
  readonly id: string;
  /** One cell a column, in the order of the shape. */
  readonly cells: readonly Cell[];
  /** The record's JSON without what is never stored. */
  readonly raw: string;
  /** 16 bytes over the mapping's version and `raw`. */
  readonly hash: Buffer;
}

/** A record that cannot be stored, with what is known of it. */
export interface Reject {
  /** Primary key, or content hash with its ordinal in the response where there is no usable id or the id is a twin's. */
  readonly key: string;
  readonly id: string | null;
  readonly field: string;
  readonly reason: string;
  /** JSON without what is never stored. */
  readonly record: string;
  /** False where even that is not all of it: what is nested too deep is left out. */
  readonly exact: boolean;
}

/** Stands for the field where no single one is at fault. */
export const WHOLE_RECORD = '(record)';
