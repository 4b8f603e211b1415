import { textArray } from './arrays.js';
import { quoteIdentifier, type Client } from './client.js';

/** One code of the list of those that were handed out. */
export interface CouponCode {
  readonly code: string;
  /** To whom or what for; empty where the list does not say. */
  readonly category: string;
  /** Of the file, from 1. */
  readonly line: number;
}

/** How the stored list came to equal the given one. */
export interface StoredCodes {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Creates a schema's `coupon_codes` where it is missing. Throws what PostgreSQL says when the role may not. */
export async function createCouponCodes(client: Client, schema: string): Promise<void> {
  const table = tableIn(schema, 'coupon_codes');
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass($1) is not null as there`, [
    table,
  ]);
  if (rows[0]?.there === true) return;
  await client.query(`
    create table if not exists ${table} (
      code text primary key,
      category text not null,
      line int not null
    );
    comment on table ${table} is 'Which coupon codes were handed out, and to whom?';
    comment on column ${table}.code is 'Code as the list has it; matched with coupons exactly, case included';
    comment on column ${table}.category is 'To whom or what for; empty where the list does not say';
    comment on column ${table}.line is 'Line of the file that the code stands in'`);
}

/**
 * Makes a schema's stored list equal to this one of distinct codes, and writes only what differs; creates the table where it is missing.
 * Runs in the caller's transaction.
 */
export async function storeCouponCodes(
  client: Client,
  schema: string,
  codes: readonly CouponCode[],
): Promise<StoredCodes> {
  await createCouponCodes(client, schema);
  const { rows } = await client.query<StoredCodes>(storeSql(tableIn(schema, 'coupon_codes')), [
    textArray(codes.map(({ code }) => code)),
    textArray(codes.map(({ category }) => category)),
    textArray(codes.map(({ line }) => String(line))),
  ]);
  return rows[0] ?? { inserted: 0, updated: 0, deleted: 0 };
}

const storeSql = (table: string) => `
with given as materialized (
  select given.code, given.category, given.line::int
  from unnest($1::text[], $2::text[], $3::text[]) as given (code, category, line)
), gone as (
  delete from ${table} as stored
  where not exists (select from given where given.code = stored.code)
  returning 1
), changed as (
  update ${table} as stored
  set category = given.category, line = given.line
  from given
  where given.code = stored.code
    and (stored.category, stored.line) is distinct from (given.category, given.line)
  returning 1
), added as (
  insert into ${table} (code, category, line)
  select code, category, line
  from given
  where not exists (select from ${table} as stored where stored.code = given.code)
  returning 1
)
select
  (select count(*) from added)::int as inserted,
  (select count(*) from changed)::int as updated,
  (select count(*) from gone)::int as deleted`;

/**
 * Sets `is_tracked` and `category` of every coupon by the stored list, which must exist, where they differ: a code on the list is tracked
 * and has the list's category, any other is not and has none. Returns how many coupons changed.
 */
export async function markTracked(client: Client, schema: string): Promise<number> {
  const coupons = tableIn(schema, 'coupons');
  const { rowCount } = await client.query(`
    update ${coupons} as stored
    set is_tracked = wanted.is_tracked, category = wanted.category
    from (
      select coupons.id, listed.code is not null as is_tracked, listed.category
      from ${coupons} as coupons
      left join ${tableIn(schema, 'coupon_codes')} as listed on listed.code = coupons.code
    ) as wanted
    where wanted.id = stored.id
      and (stored.is_tracked, stored.category) is distinct from (wanted.is_tracked, wanted.category)`);
  return rowCount ?? 0;
}

/** Codes of the stored list, which must exist, that no live coupon has, but one has in another case: probably mistyped. */
export async function nearMisses(client: Client, schema: string): Promise<number> {
  const coupons = tableIn(schema, 'coupons');
  const { rows } = await client.query<{ count: number }>(`
    select count(*)::int as count
    from ${tableIn(schema, 'coupon_codes')} as listed
    where not exists (select from ${coupons} as same where same.code = listed.code and same.deleted_at is null)
      and lower(listed.code) in (
        select lower(coupons.code) from ${coupons} as coupons where coupons.deleted_at is null
      )`);
  return rows[0]?.count ?? 0;
}

const tableIn = (schema: string, name: string) => `${quoteIdentifier(schema)}.${name}`;
