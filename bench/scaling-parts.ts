/** What dividing the tickets by event changes, tried on small rows with the real ids, keys and look-up. */
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import type { Database, Server } from './server.js';

/** Seconds of the clock. */
export interface PartsMeasured {
  readonly rows: number;
  readonly parts: number;
  /** Rows of a look-up. */
  readonly page: number;
  readonly one: number;
  readonly byId: number;
  readonly byBoth: number;
  readonly vacuumOne: number;
  readonly vacuumPart: number;
}

const ROWS = 2_000_000;
const PARTS = 200;
const PAGE = 1000;
const REPEATS = 9;

const FILL = `
select md5(n::text) as id, 'event_' || n % ${PARTS} as event_id, decode(md5(n || 'content'), 'hex') as content_hash
from generate_series(1, ${ROWS}) as n`;

/** Tickets of one event, as a page of a launch day has them. */
const WANTED = `
create temporary table wanted as
select md5(n::text) as id, 'event_7' as event_id from generate_series(7, ${ROWS}, ${PARTS}) as n limit ${PAGE}`;

const lookUp = (table: string, both: boolean) => `
select count(*) from (
  select wanted.id from unnest((select array_agg(id) from wanted), (select array_agg(event_id) from wanted)) as wanted (id, event_id)
  left join ${table} as stored on stored.id = wanted.id ${both ? `and stored.event_id = wanted.event_id` : ''}
  where stored.content_hash is distinct from '\\x00'
) as changed`;

/** Fills both tables and asks them. Takes about half a minute. */
export async function measureParts(server: Server): Promise<PartsMeasured> {
  const database = await server.create('parts');
  await fill(database);
  const measured = {
    ...{ rows: ROWS, parts: PARTS, page: PAGE },
    one: await timed(database, lookUp('whole', false)),
    byId: await timed(database, lookUp('divided', false)),
    byBoth: await timed(database, lookUp('divided', true)),
    vacuumOne: await vacuum(database, 'whole'),
    vacuumPart: await vacuum(database, 'divided_7'),
  };
  await database.drop();
  return measured;
}

async function fill(database: Database): Promise<void> {
  const columns = 'id text, event_id text, content_hash bytea';
  const parts = Array.from(
    { length: PARTS },
    (_, part) => `create table divided_${part} partition of divided for values in ('event_${part}')`,
  );
  await database.query(`create table whole (${columns}, primary key (id))`);
  await database.query(
    `create table divided (${columns}, primary key (id, event_id)) partition by list (event_id)`,
  );
  await database.query(parts.join(';'));
  for (const table of ['whole', 'divided']) {
    await database.query(`insert into ${table} ${FILL}`);
    await database.query(`analyze ${table}`);
  }
}

/** The middle of several tries on one connection, planning included, after one that fills its caches. */
async function timed({ url }: Database, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(WANTED);
    await client.query(sql);
    const times: number[] = [];
    for (let time = 1; time <= REPEATS; time += 1) times.push(await clock(() => client.query(sql)));
    return times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? NaN;
  } finally {
    await client.end();
  }
}

/** After the rows of one event have changed, the same in both tables. */
async function vacuum(database: Database, table: string): Promise<number> {
  await database.query(
    `update ${table} set content_hash = '\\x00' where event_id = 'event_7' and content_hash <> '\\x00'`,
  );
  return await clock(() => database.query(`vacuum (analyze) ${table}`));
}

async function clock(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
