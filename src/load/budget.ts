/** The budgets of the keys, in a table that all processes share. */
import { performance } from 'node:perf_hooks';
import type { Client, Database } from './client.js';

/** One key's row; times are milliseconds since 1970 by the clock of the database, or infinite. */
export interface BudgetRow {
  readonly tokens: number;
  readonly filledAt: number;
  readonly notBefore: number;
  readonly pace: number | null;
  readonly nextAt: number;
  readonly slowedAt: number;
}

type Change<T> = (state: BudgetRow, now: number) => { state: BudgetRow; result: T };

/** Where one key's row is changed. */
export interface KeptBudget {
  /** Carries out a change that no other comes between; it may be called several times, of which the last counts. */
  change<T>(change: Change<T>): Promise<T>;
}

const COLUMNS = `
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
  tokens,
  (extract(epoch from filled_at) * 1000)::float8 as "filledAt",
  (extract(epoch from not_before) * 1000)::float8 as "notBefore",
  pace,
  (extract(epoch from next_at) * 1000)::float8 as "nextAt",
  (extract(epoch from slowed_at) * 1000)::float8 as "slowedAt"`;

type Read = BudgetRow & { readonly now: number };

/** A key's budget in the database: each change is a transaction that holds the key's row. Throws what the database throws, also for lack of a right. */
export function sharedBudget(db: Pick<Database, 'transaction'>, keyId: string): KeptBudget {
  return {
    change: (change) =>
      db.transaction(async (client) => {
        const { now, ...row } = await lock(client, keyId);
        const { state, result } = change(row, now);
        await keep(client, keyId, state);
        return result;
      }),
  };
}

/** The same for a run that writes nothing: it begins with what is left now, and counts for itself from there. */
export function rehearsedBudget(db: Pick<Database, 'query'>, keyId: string): KeptBudget {
  let kept: { row: BudgetRow; readonly ahead: number } | null = null;
  return {
    change: async (change) => {
      kept ??= await look(db, keyId);
      const { state, result } = change(kept.row, performance.now() + kept.ahead);
      kept.row = state;
      return result;
    },
  };
}

async function look(
  db: Pick<Database, 'query'>,
  keyId: string,
): Promise<{ row: BudgetRow; readonly ahead: number }> {
  const [read] = await db.query<Read>(`select ${COLUMNS} from vivenu_ingest.api_budget where key_id = $1`, [
    keyId,
  ]);
  const at = performance.now();
  if (read === undefined) return { row: full(at), ahead: 0 };
  const { now, ...row } = read;
  return { row, ahead: now - at };
}

const full = (now: number): BudgetRow => ({
  tokens: Infinity,
  filledAt: now,
  notBefore: -Infinity,
  pace: null,
  nextAt: -Infinity,
  slowedAt: -Infinity,
});

/** Whoever holds the row holds it for milliseconds; a machine that died with it would let all others wait. */
const LOCK_TIMEOUT = '3s';

/** The row of a key, locked; made where there is none, so that two who come first cannot pass each other. */
async function lock(client: Client, keyId: string): Promise<Read> {
  const { rows } = await client.query<Read>(
    `insert into vivenu_ingest.api_budget (key_id)
     select $1 from (select set_config('lock_timeout', '${LOCK_TIMEOUT}', true)) as limits
     on conflict (key_id) do update set key_id = excluded.key_id
     returning ${COLUMNS}`,
    [keyId],
  );
  const [row] = rows;
  if (row === undefined) throw new TypeError('an insert that returns no row');
  return row;
}

async function keep(client: Client, keyId: string, row: BudgetRow): Promise<void> {
  await client.query(
    `update vivenu_ingest.api_budget set
       tokens = $2::float8,
       filled_at = to_timestamp($3::float8 / 1000),
       not_before = to_timestamp($4::float8 / 1000),
       pace = $5::float8,
       next_at = to_timestamp($6::float8 / 1000),
       slowed_at = to_timestamp($7::float8 / 1000)
     where key_id = $1`,
    [keyId, row.tokens, row.filledAt, row.notBefore, row.pace, row.nextAt, row.slowedAt],
  );
}
