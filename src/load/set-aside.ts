import type { Reject } from '../streams/shape.js';
import type { Client, Database } from './client.js';

/** A record that could not be stored, without the record itself. */
export interface SetAside {
  readonly number: number;
  readonly region: string;
  readonly schema: string;
  readonly stream: string;
  /** The record's own id, where it has one. */
  readonly id: string | null;
  /** Path of the field in vivenu's JSON; empty for the whole record. */
  readonly field: string;
  readonly reason: string;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly closed_at: Date | null;
  readonly closed_because: string | null;
}

/** One of them whole; `record` is its JSON. */
export interface WholeReject extends SetAside {
  readonly run_id: string;
  /** What it is told apart by: its id, or a hash of its content. */
  readonly key: string;
  /** False where `record` is not all of it, or not with all of its characters. */
  readonly exact: boolean;
  readonly record: string;
}

export interface RejectFilter {
  /** Null: all. */
  readonly regions: readonly string[] | null;
  readonly stream: string | null;
  /** Those too that were stored since, or are gone from vivenu. */
  readonly closed: boolean;
  /** Only those with a smaller number, to go on from. @default null: all */
  readonly before?: number | null;
}

const COLUMNS = `reject_id as number, region, schema_name as schema, stream, record_id as id, field, reason,
  first_seen_at, last_seen_at, closed_at, closed_because`;
const WHOLE = `${COLUMNS}, run_id, record_key as key, exact, record::text as record`;
const WHERE =
  '($1::text[] is null or region = any($1)) and ($2::text is null or stream = $2) and ($3 or closed_at is null)';
const valuesOf = ({ regions, stream, closed }: RejectFilter) => [regions, stream, closed];

/** The newest records that were set aside, at most `limit`, and how many there are. */
export async function listRejects(
  db: Database,
  filter: RejectFilter,
  limit: number,
): Promise<{ rejects: SetAside[]; total: number }> {
  const values = valuesOf(filter);
  const rejects = await db.query<SetAside>(
    `select ${COLUMNS} from vivenu_ingest.rejected_records where ${WHERE} and ($4::bigint is null or reject_id < $4)
     order by reject_id desc limit $5`,
    [...values, filter.before ?? null, limit],
  );
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from vivenu_ingest.rejected_records where ${WHERE}`,
    values,
  );
  return { rejects, total: row?.count ?? 0 };
}

/** One record by its number, or null. */
export async function findReject(db: Database, number: number): Promise<WholeReject | null> {
  const [row] = await db.query<WholeReject>(
    `select ${WHOLE} from vivenu_ingest.rejected_records where reject_id = $1`,
    [number],
  );
  return row ?? null;
}

/** Records of a schema behind a number, in their order: the open ones, with `closed` the others too. */
export async function rejectsAfter(
  client: Client,
  at: {
    readonly schema: string;
    readonly stream: string;
    readonly after: number;
    readonly closed?: true;
    readonly numbers?: readonly number[] | null;
  },
  limit: number,
): Promise<WholeReject[]> {
  const { rows } = await client.query<WholeReject>(
    `select ${WHOLE} from vivenu_ingest.rejected_records
     where schema_name = $1 and stream = $2 and ($5 or closed_at is null) and reject_id > $3
       and ($6::bigint[] is null or reject_id = any($6))
     order by reject_id limit $4`,
    [at.schema, at.stream, at.after, limit, at.closed === true, at.numbers ?? null],
  );
  return rows;
}

/** Replaces what is kept of a record; with `hash` it is told apart by that and the next free ordinal. Nothing else changes. */
export async function replaceRecord(
  client: Client,
  { number, schema, stream }: Pick<WholeReject, 'number' | 'schema' | 'stream'>,
  kept: Pick<WholeReject, 'record' | 'field' | 'exact'> & { readonly hash: string | null },
): Promise<void> {
  await client.query(
    `update vivenu_ingest.rejected_records as reject
     set record = $2, field = $3, exact = $4, record_key = case when $5::text is null then record_key else $5 || '#' || (
       select coalesce(max(split_part(other.record_key, '#', 2)::int) + 1, 0) from vivenu_ingest.rejected_records as other
       where other.schema_name = $6 and other.stream = $7 and other.record_key ~ ('^' || $5 || '#[0-9]{1,9}$') and other.reject_id <> $1
     ) end
     where reject_id = $1`,
    [number, kept.record, kept.field, kept.exact, kept.hash, schema, stream],
  );
}

/** Notes why a record still cannot be stored, and keeps it as today's configuration has it; when it was last seen stays. */
export async function renewReject(
  client: Client,
  number: number,
  { field, reason, record, exact }: Pick<Reject, 'field' | 'reason' | 'record' | 'exact'>,
): Promise<void> {
  await client.query(
    `update vivenu_ingest.rejected_records set field = $2, reason = $3, record = $4, exact = $5 where reject_id = $1`,
    [number, field, reason, record, exact],
  );
}

/** Regions of which something was ever set aside. */
export async function rejectedRegions(db: Database): Promise<string[]> {
  const rows = await db.query<{ region: string }>(
    'select distinct region from vivenu_ingest.rejected_records',
  );
  return rows.map(({ region }) => region);
}
