/** What schemas have to keep to, so that each can lie on a machine of its own (docs/scaling.md). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { JobQueue } from '../../src/work/queue.js';
import { JOBS_SCHEMA } from '../../src/work/schema.js';
import { pythonWorld, takeOverNow } from './ancestor-world.js';
import { regionConfig, type World } from './world.js';

const ENGINE = 'vivenu_ingest';
const ACROSS = 'vivenu';
const REGIONS = ['auckland', 'hong-kong'];
/** Schemas of a region: its own and, where it was taken over, the one with the views of the Python system. */
const OF_REGIONS = [...REGIONS, ...REGIONS.map((name) => `${name}_python`)];

/** Which schemas the relations and functions lie in that a view reads. */
const READS = `
select distinct reader_schema.nspname as schema, reader.relname as view, read_schema.nspname as reads,
  case when depends.refclassid = 'pg_proc'::regclass then 'function' else 'relation' end as what
from pg_class as reader
join pg_namespace as reader_schema on reader_schema.oid = reader.relnamespace
join pg_rewrite as rule on rule.ev_class = reader.oid
join pg_depend as depends on depends.classid = 'pg_rewrite'::regclass and depends.objid = rule.oid
left join pg_class as relation on depends.refclassid = 'pg_class'::regclass and relation.oid = depends.refobjid and relation.oid <> reader.oid
left join pg_proc as function on depends.refclassid = 'pg_proc'::regclass and function.oid = depends.refobjid
join pg_namespace as read_schema on read_schema.oid = coalesce(relation.relnamespace, function.pronamespace)
where reader_schema.nspname = any($1::text[]) and read_schema.nspname <> 'pg_catalog'
order by 1, 2, 3, 4`;

interface Reads {
  readonly schema: string;
  readonly view: string;
  readonly reads: string;
  readonly what: 'function' | 'relation';
}

const CROSSING_KEYS = `
select conrelid::regclass::text as here, confrelid::regclass::text as there from pg_constraint
join pg_class as here on here.oid = conrelid join pg_class as there on there.oid = confrelid
where contype = 'f' and here.relnamespace <> there.relnamespace`;

/** Rows that the Python system kept twice lie apart, as it had them: in tables without a key. */
const WITHOUT_KEY = `
select nspname as schema, relname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p') and nspname = any($1::text[]) and relname !~ '_duplicates$'
  and not exists (select from pg_constraint where conrelid = pg_class.oid and contype = 'p')`;

/** What is no ordinary table, view, index or sequence, or has parents or children, or a trigger of its own; PostgreSQL's catalogue apart. */
const ODD = `
select nspname as schema, relname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where nspname !~ '^pg_|^information_schema$' and nspname <> '${JOBS_SCHEMA}' and (
  relkind not in ('r', 'v', 'i', 'S', 'c')
  or exists (select from pg_inherits where inhrelid = pg_class.oid or inhparent = pg_class.oid)
  or exists (select from pg_trigger where tgrelid = pg_class.oid and not tgisinternal)
  or exists (select from pg_rewrite where ev_class = pg_class.oid and rulename <> '_RETURN'))`;

/** Parts and heirs that lie in another schema than what they are part of. */
const PARTED = `
select inhrelid::regclass::text as name from pg_inherits
join pg_class as child on child.oid = inhrelid join pg_class as parent on parent.oid = inhparent
where child.relnamespace <> parent.relnamespace`;

/** Sequences that belong to a table elsewhere, or give numbers smaller than those into which Citus puts the machine. */
const SEQUENCES = `
select sequence.relnamespace::regnamespace::text as schema, sequence.relname as name,
  owner.relnamespace is distinct from sequence.relnamespace as crosses from pg_class as sequence
join pg_sequence on seqrelid = sequence.oid
left join pg_depend as owned on owned.classid = 'pg_class'::regclass and owned.objid = sequence.oid
  and owned.refclassid = 'pg_class'::regclass and owned.deptype in ('a', 'i')
left join pg_class as owner on owner.oid = owned.refobjid
where sequence.relkind = 'S' and (owner.relnamespace is distinct from sequence.relnamespace or seqtypid <> 'bigint'::regtype)`;

const TABLES = `
select nspname as schema, relname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p') and nspname = $1 order by 2`;

const page = await readFile(path.resolve(import.meta.dirname, '../../docs/scaling.md'), 'utf8');
const regionOf = (schema: string) => schema.replace(/_python$/, '');

/** Views of a region that read another one. */
const across = (reads: readonly Reads[]) =>
  reads.filter(
    ({ schema, reads: read }) =>
      schema !== ACROSS && OF_REGIONS.includes(read) && regionOf(read) !== regionOf(schema),
  );

describe('a database with a region that was taken over and one that was made new', () => {
  let w: World;
  let reads: Reads[];

  beforeAll(async () => {
    w = await pythonWorld();
    await takeOverNow(w);
    const [first] = w.config.events;
    const second = { ...first!, region: 'hong-kong', schema: 'hong-kong' };
    w.config = { ...w.config, events: [first!, regionConfig(second, w.simulator.url)] };
    await w.complete();
    await using db = await DatabaseManager.connect(w.database.config);
    const queue = await JobQueue.open({ db, observe: () => undefined, role: 'command' });
    await queue[Symbol.asyncDispose]();
    reads = await w.sql<Reads>(READS, [[...OF_REGIONS, ACROSS, ENGINE, JOBS_SCHEMA]]);
  }, 120_000);

  afterAll(() => w[Symbol.asyncDispose]());

  it('has the schemas of the regions, the views over them, the books of the engine and the queue, and no other', async () => {
    const schemas = await w.sql<{ name: string }>(
      `select nspname as name from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$' order by 1`,
    );
    expect(schemas.map(({ name }) => name)).toEqual(
      [...REGIONS, 'auckland_python', ACROSS, ENGINE, JOBS_SCHEMA].sort(),
    );
  });

  it('has no foreign key from one schema into another', async () => {
    expect(await w.sql(CROSSING_KEYS)).toEqual([]);
  });

  it('has a primary key on every table of a region', async () => {
    expect(await w.sql(WITHOUT_KEY, [REGIONS])).toEqual([]);
  });

  it('reads two regions in the views of `vivenu` alone', () => {
    expect(across(reads)).toEqual([]);
    const united = reads.filter(({ schema, what }) => schema === ACROSS && what === 'relation');
    expect(new Set(united.map(({ reads: read }) => read))).toEqual(new Set(REGIONS));
  });

  it('reads no book of the engine in a view of a region: of its schema they call functions only', () => {
    const books = reads.filter(
      ({ schema, reads: read, what }) => schema !== ENGINE && read === ENGINE && what === 'relation',
    );
    expect(books).toEqual([]);
  });

  it('has no trigger, rule, inheritance, partition or foreign table outside of the queue, whose parts lie together', async () => {
    expect(await w.sql(ODD)).toEqual([]);
    expect(await w.sql(PARTED)).toEqual([]);
    expect(
      reads.filter(({ schema, reads: read }) => (schema === JOBS_SCHEMA) !== (read === JOBS_SCHEMA)),
    ).toEqual([]);
  });

  it('has sequences beside their tables alone, all of bigint but those that the Python system made', async () => {
    const odd = await w.sql<{ schema: string; crosses: boolean }>(SEQUENCES);
    expect(odd.filter(({ crosses }) => crosses)).toEqual([]);
    expect([...new Set(odd.map(({ schema }) => schema))]).toEqual(['auckland']);
  });

  it('keeps in the schema of the engine the tables that docs/scaling.md puts somewhere, and no other', async () => {
    const placed = [...page.matchAll(/^\| `(\w+)` +\| (?:reference|local)/gm)].map(([, name]) => name);
    const tables = await w.sql<{ name: string }>(TABLES, [ENGINE]);
    expect(placed.sort()).toEqual(tables.map(({ name }) => name));
  });

  it('would be found out if it were otherwise', async () => {
    await w.sql('create table auckland.stray (id text references "hong-kong".events)');
    await w.sql('create view auckland.v_stray as select id from "hong-kong".events');
    await w.sql('create table auckland.heir () inherits (auckland.stray)');
    await w.sql('create table "hong-kong".counted (number smallserial primary key)');
    expect(await w.sql(CROSSING_KEYS)).toEqual([{ here: 'auckland.stray', there: '"hong-kong".events' }]);
    const odd = await w.sql<{ name: string }>(ODD);
    expect(odd.map(({ name }) => name).sort()).toEqual(['heir', 'stray']);
    expect(await w.sql(SEQUENCES)).toContainEqual({
      ...{ schema: '"hong-kong"', name: 'counted_number_seq', crosses: false },
    });
    expect(await w.sql(WITHOUT_KEY, [REGIONS])).toEqual(
      expect.arrayContaining([{ schema: 'auckland', name: 'stray' }]),
    );
    const now = await w.sql<Reads>(READS, [[...OF_REGIONS, ACROSS, ENGINE]]);
    expect(across(now).map(({ view }) => view)).toEqual(['v_stray']);
  });
});
