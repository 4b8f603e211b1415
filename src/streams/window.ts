/** A closed piece of a list: rows can leave it while it is read, never enter it. Times are milliseconds since 1970, bounds inclusive. */
export interface Window {
  /** The time that bounds it: creation for full reads, update for increments. */
  readonly by: 'created' | 'updated';
  /** Null: from the beginning. */
  readonly from: number | null;
  readonly to: number;
  /** Events that it is narrowed to; null: all of the key. */
  readonly events: readonly string[] | null;
  /** Bounds on the other time, for one moment that holds more than a page. */
  readonly other?: { readonly from: number | null; readonly to: number | null };
  /** Rows that it may hold, where that is known before it is read: a large one is halved without reading its first page. */
  readonly expected?: number;
  /** How far a pass over its pages has come; null: not begun. */
  readonly pass: Pass | null;
  /** Row in `vivenu_ingest.windows`; null for a window that is not worth resuming. */
  readonly id: string | null;
}

/** Progress of a pass: the total that every answer must repeat, rows a page, and the offsets that are stored. */
export interface Pass {
  readonly total: number;
  readonly pageSize: number;
  readonly done: readonly number[];
}

/** A window that has not been begun and is not kept across runs. */
export const freshWindow = (window: Pick<Window, 'by' | 'from' | 'to' | 'events'>): Window => ({
  ...window,
  pass: null,
  id: null,
});
