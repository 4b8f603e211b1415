/** Columns of a table that a statement fills: PostgreSQL type and, for `comment on column`, what a value says. */
export type SummaryColumns = Readonly<Record<string, { readonly type: string; readonly says: string }>>;

/** A table in the region's schema that holds exactly what `sql/summaries/<name>.sql` yields, columns in this order. */
export interface Summary {
  readonly name: string;
  /** event: each row depends on its event and the facts alone; region: the select yields the whole table. */
  readonly scope: 'event' | 'region';
  readonly key: readonly string[];
  readonly columns: SummaryColumns;
  /** What a row is, for `comment on table`. */
  readonly says: string;
  /** A column that holds what people answered, word by word: PostgreSQL keeps no samples of it, which would outlive who is erased. */
  readonly answers?: string;
}

/** A table that `sql/history/<name>.sql` appends to, with the parameters of a summary; its rows are never changed. */
export interface History {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: SummaryColumns;
  /** What a row is, for `comment on table`. */
  readonly says: string;
  /** Indexes that its view and its own insert look rows up by. */
  readonly indexes: readonly (readonly string[])[];
}

const columnOf = (type: string) => (says: string) => ({ type, says });

/** Columns by their PostgreSQL type. */
export const text = columnOf('text');
export const int = columnOf('int');
export const bigint = columnOf('bigint');
export const numeric = columnOf('numeric');
export const boolean = columnOf('boolean');
export const timestamp = columnOf('timestamp');
export const timestamptz = columnOf('timestamptz');
export const date = columnOf('date');
export const jsonb = columnOf('jsonb');
export const ints = columnOf('int[]');
export const texts = columnOf('text[]');
export const bigserial = columnOf('bigserial');
