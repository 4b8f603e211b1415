import type { Profile } from '../profile/profile.js';
import type { Column } from './columns.js';
import type { Subject } from './erased.js';

/** What a user may ask for with `--only`. */
export type Group = 'events' | 'tickets' | 'coupons';

interface StreamBase {
  readonly name: string;
  /** Table in the region's schema; the stream's name unless given. */
  readonly table: string;
  readonly group: Group;
  readonly primaryKey: readonly string[];
  readonly columns: Readonly<Record<string, Column>>;
  /** Further columns, worked out by the rules of the region's profile. */
  readonly derived: (profile: Profile) => Readonly<Record<string, Column>>;
  /** Further columns with their types, which the refresh of the summaries fills from other tables (`sql/enrich/`). */
  readonly enriched: Readonly<Record<string, string>>;
  /** Column that names the event whose summaries a row is part of; null: of none. */
  readonly event: string | null;
  /** Keys that are never stored, at any depth. */
  readonly never: readonly string[];
  /** Keys that are stored only when the configuration says so, at any depth. */
  readonly optIn: Readonly<Record<string, 'storeBarcodes'>>;
  /** Columns with personal data: of an erased person nothing is kept but the other columns and the fields that they are read from. */
  readonly personal: readonly string[];
  /** Whose data a record is: the columns with the ids that a person is erased by; none: nobody's. */
  readonly subjects: Readonly<Partial<Record<Subject, string>>>;
}

/** A resource that vivenu lists. */
export interface ListStream extends StreamBase {
  /** Appended to the base URL. */
  readonly path: string;
  /** Key of the array in the answer. */
  readonly items: 'rows' | 'docs';
  /** The answer may also be the bare array, without a total. */
  readonly bareArray: boolean;
  /** Rows asked for in one request, at most; fewer than 1,000 where the documents are large. */
  readonly top: number;
  /** Read again only when `COUPONS_EVERY_MINUTES` have passed. */
  readonly seldom: boolean;
  /** A list of this many ids at once narrows the list; absent: the whole list of the key. */
  readonly shards: { readonly param: string; readonly stream: string } | null;
  /** Present when the list can be read by time and only what changed need be read. */
  readonly timed: Timed | null;
  /** How webhooks bring its records; null: they do not. */
  readonly delivered: Delivered | null;
}

/** Where a delivery holds records of a stream. */
export interface Delivered {
  /** Keys of `data`, whatever the type of the delivery: one record, or a list of them. */
  readonly keys: readonly string[];
  /** Types of deliveries that bring some, to ask vivenu for. */
  readonly types: readonly string[];
  /** Types of deliveries that bring none, whatever they hold: a deletion is found by the proof. */
  readonly except: readonly string[];
}

/** How a list is narrowed by event and by time, and counted. */
export interface Timed {
  readonly scope: { readonly param: string; readonly columns: readonly [event: string, root: string] };
  /** Inclusive bounds on the creation time, in ISO 8601 with milliseconds. */
  readonly created: {
    readonly from: string;
    readonly to: string;
    readonly path: string;
    readonly column: string;
  };
  /** Takes `[$gte]` and `[$lte]`. */
  readonly updated: { readonly param: string; readonly path: string; readonly column: string };
  /** The second count of the proof: rows in one of these states. */
  readonly state: { readonly param: string; readonly column: string; readonly values: readonly string[] };
}

/** A resource that lives inside the records of another stream. */
export interface NestedStream extends StreamBase {
  readonly from: string;
  /** Keys of the arrays to walk, outermost first. */
  readonly items: readonly string[];
}

export type Stream = ListStream | NestedStream;

/** Keys that carry access on any resource (`vivenu/api.md` section 0.7): out everywhere, whatever the stream says. */
const SECRET_KEYS = ['secret', 'passwordResetToken', 'verificationToken', 'hmacKey', 'accessToken', 'apiKey'];

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;
type Defaults = 'table' | 'never' | 'optIn' | 'derived' | 'enriched' | 'event' | 'personal' | 'subjects';

const base = <T extends { name: string; never?: readonly string[] }>(stream: T) => ({
  table: stream.name,
  derived: () => ({}),
  enriched: {},
  personal: [],
  subjects: {},
  event: 'event_id',
  optIn: { barcode: 'storeBarcodes' } as const,
  ...stream,
  never: [...SECRET_KEYS, ...(stream.never ?? [])],
});

/** A stream that vivenu lists, with the defaults filled in. */
export const listStream = (
  stream: Optional<ListStream, Defaults | 'bareArray' | 'top' | 'seldom' | 'shards' | 'timed' | 'delivered'>,
): ListStream => ({
  bareArray: false,
  top: 1000,
  seldom: false,
  shards: null,
  timed: null,
  delivered: null,
  ...base(stream),
});

/** A stream inside another one's records, with the defaults filled in. */
export const nestedStream = (stream: Optional<NestedStream, Defaults>): NestedStream => base(stream);

export const isNested = (stream: Stream): stream is NestedStream => 'from' in stream;
