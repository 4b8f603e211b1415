import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createCouponCodes,
  markTracked,
  nearMisses,
  storeCouponCodes,
  type CouponCode,
} from '../../src/load/coupon-codes.js';
import type { Client } from '../../src/load/client.js';
import { DatabaseManager } from '../../src/load/database.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';

const SCHEMA = 'hong-kong';

const list = (...lines: [code: string, category?: string][]): CouponCode[] =>
  lines.map(([code, category = ''], index) => ({ code, category, line: index + 2 }));

/** A region's schema with coupons of these codes, and the functions under test in a transaction each. */
class Coupons implements AsyncDisposable {
  readonly #database: FreshDatabase;
  readonly #db: DatabaseManager;

  private constructor(database: FreshDatabase, db: DatabaseManager) {
    this.#database = database;
    this.#db = db;
  }

  static async with(...codes: readonly (string | null)[]): Promise<Coupons> {
    const database = await freshDatabase();
    await database.query(`create schema "${SCHEMA}"`);
    await database.query(
      `create table "${SCHEMA}".coupons (id text primary key, code text, used bigint, deleted_at timestamptz,
         is_tracked boolean not null default false, category text)`,
    );
    await database.query(
      `insert into "${SCHEMA}".coupons (id, code, used)
       select 'coupon ' || ordinal, code, ordinal % 2 from unnest($1::text[]) with ordinality as t (code, ordinal)`,
      [codes],
    );
    return new Coupons(database, await DatabaseManager.connect(database.config));
  }

  private in<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }
  store = (codes: readonly CouponCode[]) => this.in((client) => storeCouponCodes(client, SCHEMA, codes));
  create = () => this.in((client) => createCouponCodes(client, SCHEMA));
  mark = () => this.in((client) => markTracked(client, SCHEMA));
  near = () => this.in((client) => nearMisses(client, SCHEMA));

  sql<R>(text: string): Promise<R[]> {
    return this.#database.query<R>(text);
  }
  stored = () =>
    this.sql<CouponCode>(`select code, category, line from "${SCHEMA}".coupon_codes order by line, code`);
  /** Where each row lies: another place when it was written again. */
  places = (table: string) =>
    this.sql<{ place: string }>(
      `select ctid::text || xmin || ' ' || xmax as place from "${SCHEMA}".${table} order by 1`,
    );
  marks = async () =>
    (
      await this.sql<{ mark: string }>(
        `select concat_ws(' ', code, is_tracked, coalesce(quote_literal(category), 'null')) as mark
         from "${SCHEMA}".coupons order by id`,
      )
    ).map(({ mark }) => mark);

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close();
    await this.#database[Symbol.asyncDispose]();
  }
}

describe('the stored list of codes', () => {
  it('is made where it is missing, with a comment on it and each column', async () => {
    await using here = await Coupons.with();
    await here.create();
    await here.create();
    expect(await here.stored()).toEqual([]);
    const comments = await here.sql<{ comment: string | null }>(
      `select col_description(attrelid, attnum) as comment from pg_attribute
       where attrelid = '"${SCHEMA}".coupon_codes'::regclass and attnum > 0
       union all select obj_description('"${SCHEMA}".coupon_codes'::regclass)`,
    );
    expect(comments).toHaveLength(4);
    expect(comments.every(({ comment }) => (comment ?? '').length > 10)).toBe(true);
  });

  it('becomes the given one, whatever the codes hold', async () => {
    await using here = await Coupons.with();
    const codes = list(
      ['A', 'gym'],
      ['a'],
      ['{"}', `o'clock, "x"`],
      ['半額 🎟', '協力'],
      ['\\x41;--', 'null'],
      ['null', '{}'],
    );
    expect(await here.store(codes)).toEqual({ inserted: 6, updated: 0, deleted: 0 });
    expect(await here.stored()).toEqual(codes);
  });

  it('is written only where it differs', async () => {
    await using here = await Coupons.with();
    await here.store(list(['A', 'gym'], ['B', 'gym'], ['C', 'gym']));
    const places = await here.places('coupon_codes');
    expect(await here.store(list(['A', 'gym'], ['B', 'gym'], ['C', 'gym']))).toEqual({
      inserted: 0,
      updated: 0,
      deleted: 0,
    });
    expect(await here.places('coupon_codes')).toEqual(places);
    expect(await here.store(list(['A', 'vip'], ['D', 'gym'], ['C', 'gym']))).toEqual({
      inserted: 1,
      updated: 1,
      deleted: 1,
    });
    expect(await here.stored()).toEqual(list(['A', 'vip'], ['D', 'gym'], ['C', 'gym']));
    expect(await here.store([{ code: 'C', category: 'gym', line: 2 }])).toEqual({
      inserted: 0,
      updated: 1,
      deleted: 2,
    });
    expect(await here.store([])).toEqual({ inserted: 0, updated: 0, deleted: 1 });
  });
});

describe('coupons', () => {
  it('are tracked when their code is on the list exactly, with its category', async () => {
    await using here = await Coupons.with('A', 'B', 'b', 'C', null, 'A');
    await here.store(list(['A', 'gym'], ['B'], ['X', 'gym']));
    expect(await here.mark()).toBe(3);
    expect(await here.marks()).toEqual([
      `A t 'gym'`,
      `B t ''`,
      'b f null',
      'C f null',
      'f null',
      `A t 'gym'`,
    ]);
  });

  it('are written only where the list says something new', async () => {
    await using here = await Coupons.with('A', 'B', 'C');
    await here.store(list(['A', 'gym'], ['B']));
    await here.mark();
    const places = await here.places('coupons');
    expect(await here.mark()).toBe(0);
    expect(await here.places('coupons')).toEqual(places);
    await here.store(list(['A', 'vip'], ['B']));
    expect(await here.mark()).toBe(1);
    await here.store([]);
    expect(await here.mark()).toBe(2);
    expect(await here.marks()).toEqual(['A f null', 'B f null', 'C f null']);
  });

  it('of a table that was there before the columns are marked as well', async () => {
    await using here = await Coupons.with('A', 'B');
    await here.sql(`alter table "${SCHEMA}".coupons alter is_tracked drop not null`);
    await here.sql(`update "${SCHEMA}".coupons set is_tracked = null`);
    await here.store(list(['A']));
    expect(await here.mark()).toBe(2);
    expect(await here.marks()).toEqual([`A t ''`, 'B f null']);
  });

  it('that differ from a code of the list only in case are counted, unless one has it exactly', async () => {
    await using here = await Coupons.with('Gym1', 'GYM1', 'gym2', 'vip', 'gone');
    await here.sql(`update "${SCHEMA}".coupons set deleted_at = now() where code = 'gone'`);
    await here.store(list(['Gym1'], ['GYM2'], ['Gym2'], ['other'], ['GONE']));
    expect(await here.near()).toBe(2);
    await here.store([]);
    expect(await here.near()).toBe(0);
  });

  it('are compared with 100,000 codes in seconds', async () => {
    const codes = Array.from({ length: 100_000 }, (_, index) => `GEHEIM-${index}`);
    await using here = await Coupons.with(...codes);
    const given = codes.map((code, index) => ({ code, category: `gym-${index % 20}`, line: index + 2 }));
    const seconds: Record<string, number> = {};
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const result = await work();
      seconds[name] = (performance.now() - began) / 1000;
      return result;
    };
    expect(await timed('first', () => here.store(given))).toEqual({
      inserted: 100_000,
      updated: 0,
      deleted: 0,
    });
    expect(await timed('again', () => here.store(given))).toEqual({ inserted: 0, updated: 0, deleted: 0 });
    expect(await timed('mark', () => here.mark())).toBe(100_000);
    expect(await timed('mark again', () => here.mark())).toBe(0);
    expect(await timed('near', () => here.near())).toBe(0);
    expect(Math.max(...Object.values(seconds)), JSON.stringify(seconds)).toBeLessThan(10);
  });
});

describe('the page for analysts', () => {
  it('tells redeemed codes from others, and finds mistyped ones', async () => {
    await using here = await Coupons.with('used', 'unused', 'twice', 'other', 'twice', 'Typed', 'gone');
    await here.sql(`update "${SCHEMA}".coupons set used = 3 where id = 'coupon 1';
      update "${SCHEMA}".coupons set deleted_at = now() where code = 'gone'`);
    await here.store(list(['used', 'gym'], ['unused'], ['twice'], ['typed'], ['gone'], ['USED', 'vip']));
    const page = readFileSync(new URL('../../docs/database.md', import.meta.url), 'utf8');
    const queries = [...page.matchAll(/```sql\n([^`]+)```/g)].map(([, sql]) =>
      sql!.replaceAll('auckland.', `"${SCHEMA}".`),
    );
    expect(await Promise.all(queries.map((sql) => here.sql(sql)))).toEqual([
      [
        { code: 'used', category: 'gym', redeemed: 'yes', redemptions: '3' },
        { code: 'unused', category: '', redeemed: 'no', redemptions: '0' },
        { code: 'twice', category: '', redeemed: 'yes', redemptions: '2' },
        { code: 'typed', category: '', redeemed: 'not at vivenu', redemptions: '0' },
        { code: 'gone', category: '', redeemed: 'not at vivenu', redemptions: '0' },
        { code: 'USED', category: 'vip', redeemed: 'not at vivenu', redemptions: '0' },
      ],
      [
        { line: 5, code: 'typed', at_vivenu: 'Typed' },
        { line: 7, code: 'USED', at_vivenu: 'used' },
      ],
    ]);
  });
});
