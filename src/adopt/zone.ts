import { nearest } from '../nearest.js';
import { FatalError, UsageError } from '../errors.js';
import { quoteLiteral } from './sql.js';
import type { TableWork } from './plan.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** The zone as PostgreSQL spells it; throws a UsageError with the nearest name for one that it does not know. */
export async function knownZone(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select name from pg_timezone_names where name !~ '^(posix|right)/' order by name`,
  );
  const names = rows.map((row) => row.name);
  const exact = names.find((known) => known.toLowerCase() === name.toLowerCase());
  if (exact !== undefined) return exact;
  const near = nearest(name, names) ?? names.find((known) => endOf(known) === endOf(name)) ?? null;
  const mend = near === null ? 'write it as in Asia/Hong_Kong or Europe/Berlin' : `did you mean ${near}?`;
  throw new UsageError([`--timezone ${name}: PostgreSQL knows no such time zone; ${mend}`]);
}

/** The city of a zone, however its words are joined. */
const endOf = (name: string) =>
  name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z]/g, '');

const LIKE_UTC = /^(etc\/)?(utc|gmt|uct|universal|zulu|greenwich|gmt[+-]?0)$/i;

/** The zone in which this server writes for this role unless a session says otherwise; null when that is UTC. */
export async function sessionZone(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ zone: string }>(
    `select reset_val as zone from pg_settings where name = 'TimeZone'`,
  );
  const zone = rows[0]?.zone ?? 'UTC';
  return LIKE_UTC.test(zone) ? null : zone;
}

/** Throws a FatalError when a stored time does not exist in the zone (skipped when clocks went forward): it was written in another one. */
export async function refuseImpossibleTimes(
  client: Client,
  schema: string,
  works: readonly TableWork[],
  zone: string,
): Promise<void> {
  const at = quoteLiteral(zone);
  for (const { spec, conversions } of works) {
    for (const { column, from } of conversions) {
      if (from !== 'timestamp without time zone' || !/^time/.test(spec.columns[column] ?? '')) continue;
      const name = quoteIdentifier(column);
      const { rows } = await client.query<{ count: number; first: string | null }>(
        `select count(*)::int as count, min(${name})::text as first from ${quoteIdentifier(schema)}.${quoteIdentifier(spec.name)}
         where isfinite(${name}) and (${name} at time zone ${at}) at time zone ${at} <> ${name}`,
      );
      const { count = 0, first = null } = rows[0] ?? {};
      if (count > 0)
        throw new FatalError(
          `${count} times in ${spec.name}.${column}, the first ${first ?? ''}, do not exist in ${zone}, where clocks skipped them: ` +
            `the Python system wrote in another zone; name it with --timezone`,
        );
    }
  }
}

/**
 * By how much ticket times taken in this zone are later than the time in their ids, in whole minutes; null where the ids hold none or
 * do not agree. vivenu's ids begin with the second in which they were made.
 */
export async function minutesAfterIds(client: Client, schema: string, zone: string): Promise<number | null> {
  const { rows } = await client.query<{ low: number | null; middle: number | null; high: number | null }>(
    `select percentile_disc(0.1) within group (order by late) as low, percentile_disc(0.5) within group (order by late) as middle,
       percentile_disc(0.9) within group (order by late) as high
     from (
       select extract(epoch from created_at at time zone ${quoteLiteral(zone)})::float8 - ('x' || left(id, 8))::bit(32)::bigint as late
       from ${quoteIdentifier(schema)}.tickets where id ~ '^[0-9a-f]{24}$' and isfinite(created_at)
     ) as tickets`,
  );
  const { low = null, middle = null, high = null } = rows[0] ?? {};
  if (low === null || middle === null || high === null || high - low > AGREEMENT_S) return null;
  return Math.round(middle / 60);
}

const AGREEMENT_S = 600;
