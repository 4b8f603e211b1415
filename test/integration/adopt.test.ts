import { describe, expect, it } from 'vitest';
import { inSession } from './ancestor-session.js';
import { columnsOf, pythonTables, pythonWorld, rowsOf, takeOverNow, ZONE } from './ancestor-world.js';
import { streamOf } from './world.js';

/** Of these the Python system itself kept rows twice. */
const TWICE = ['ticket_under_shops', 'ticket_volumes'];
const compact = (row: string) => row.replaceAll(/([:,]) /g, '$1');

describe('a database of the Python system that is taken over', () => {
  it('keeps every row of every table, as its readers saw it', async () => {
    await using w = await pythonWorld({ tickets: 3000 });
    const before = await pythonTables(w, 'auckland');
    const adoption = await takeOverNow(w);
    const after = await pythonTables(w, 'auckland_python', before);
    for (const [table, { rows }] of before) {
      const now = after.get(table)!.rows;
      // JSON that stood there as text is stored as JSON, which has blanks of its own.
      if (table === 'events') expect(now.map(compact), table).toEqual(rows.map(compact));
      else if (!TWICE.includes(table)) expect(now, table).toEqual(rows);
      else {
        const beside = await rowsOf(w, 'auckland', `${table}_duplicates`, before.get(table)!.columns);
        expect([...now, ...beside].sort(), table).toEqual(rows);
      }
    }
    expect(before.get('tickets')!.rows.length).toBeGreaterThan(2000);
    expect(before.get('summary_report')!.rows).toHaveLength(480);
    expect(adoption.tables.map(({ name, digest }) => [name, digest.rows])).toEqual(
      expect.arrayContaining([
        ['tickets', before.get('tickets')!.rows.length],
        ['summary_report', 480],
      ]),
    );
  });

  it('has the types of a database of ours, and our keys', async () => {
    await using w = await pythonWorld();
    await using ours = await pythonWorld({ schema: 'elsewhere' });
    await takeOverNow(w);
    await w.complete();
    await ours.complete();
    const shapes = async (one: typeof w) =>
      await one.sql<{ column: string; type: string }>(
        `select table_name || '.' || column_name as column, udt_name as type from information_schema.columns
         where table_schema = 'auckland' and is_updatable = 'YES' and table_name in (select table_name from information_schema.tables
           where table_schema = 'auckland' and table_type = 'BASE TABLE') order by 1`,
      );
    const adopted = new Map((await shapes(w)).map(({ column, type }) => [column, type]));
    for (const { column, type } of await shapes(ours)) expect(adopted.get(column), column).toBe(type);
    const keys = async (one: typeof w) =>
      (
        await one.sql<{ key: string }>(
          `select conrelid::regclass || ' ' || pg_get_constraintdef(oid) as key from pg_constraint
           where contype in ('p', 'u', 'f') and connamespace = 'auckland'::regnamespace
             and conrelid::regclass::text <> 'auckland.tickets_gender_analysis' order by 1`,
        )
      ).map(({ key }) => key);
    expect(await keys(w)).toEqual(await keys(ours));
  });

  it('is read in full by the next run, which keeps every row and marks none deleted', async () => {
    await using w = await pythonWorld({ tickets: 3000 });
    const ids = (await w.sql<{ id: string }>('select id from auckland.tickets')).map(({ id }) => id);
    await takeOverNow(w);
    const report = await w.complete();
    expect(streamOf(report)).toMatchObject({ mode: 'full', proven: true, deleted: 0, updated: ids.length });
    expect(report.regions[0]!.streams.map(({ deleted }) => deleted)).toEqual(
      report.regions[0]!.streams.map(() => 0),
    );
    const kept = await w.sql<{ id: string }>('select id from auckland.tickets where deleted_at is null');
    expect(new Set(kept.map(({ id }) => id))).toEqual(new Set(w.truth().map(({ id }) => id)));
    expect(ids.every((id) => kept.some((row) => row.id === id))).toBe(true);
    await w.expectExact();
    expect(await w.writesOf(() => w.complete())).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('gives the same columns again when they are derived from what was put into raw', async () => {
    await using w = await pythonWorld();
    const lists = new Map<string, string[]>();
    const before = new Map<string, string[]>();
    for (const table of ['events', 'tickets', 'coupons', 'coupon_series']) {
      // Age is that at the event from now on, and barcodes are not kept.
      const columns = (await columnsOf(w, 'auckland', table)).filter(
        (name) => !['age', 'barcode'].includes(name),
      );
      lists.set(table, columns);
      before.set(table, await rowsOf(w, 'auckland', table, columns));
    }
    await takeOverNow(w);
    const report = await w.complete({ skipFetch: true });
    expect(report.requests).toBe(0);
    for (const [table, rows] of before) {
      const now = await rowsOf(w, 'auckland_python', table, lists.get(table)!);
      expect(now.map(compact).sort(), table).toEqual(rows.map(compact).sort());
    }
    expect(before.get('tickets')!.length).toBeGreaterThan(400);
    expect(await columnsOf(w, 'auckland', 'tickets')).toContain('division');
  });

  it('is tried in a dry run that leaves nothing behind', async () => {
    await using w = await pythonWorld();
    const dump = async () =>
      await inSession({ url: w.database.url, path: ['auckland'], zone: ZONE }, async (client) => {
        const { rows } = await client.query<object>(
          `select (select json_agg(row(nspname, relname, relkind, relfilenode) order by 1, 2) from pg_class join pg_namespace on relnamespace = pg_namespace.oid
             where nspname not in ('pg_catalog', 'information_schema', 'pg_toast')) as classes,
             (select json_agg(proname order by proname) from pg_proc where pronamespace = 'auckland'::regnamespace) as functions`,
        );
        return rows;
      });
    const [before, seen] = [await dump(), await pythonTables(w, 'auckland')];
    await takeOverNow(w, { rehearse: true });
    expect(await dump()).toEqual(before);
    expect(await pythonTables(w, 'auckland')).toEqual(seen);
  });
});
