import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { loadProfile } from '../../src/profile/profile.js';
import type { RegionConfig } from '../../src/config/config.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons, type Erasure } from '../../src/sync/erase.js';
import { chooseRegions } from '../../src/sync/choose.js';
import { migrateAll } from '../../src/sync/migrate.js';
import { erasedOf, type Region } from '../../src/sync/region.js';
import { retryRejects } from '../../src/sync/retry-rejects.js';
import { dump, everything } from './dump.js';
import { MARK, MarkedVivenu, person, type Change } from './marked-vivenu.js';
import { KEY, MINUTE, streamOf, world, type World } from './world.js';

const CUSTOMER = 'customer-of-three';
const sellers = [
  {
    token: KEY,
    events: [{ id: 'race', tickets: 400, underShops: 1 }],
    coupons: 20,
    series: 2,
    odd: ['text-price', 'text-price', 'no-id', 'nul'] as const,
  },
];
const hyrox: Partial<RegionConfig> = { profile: loadProfile('hyrox'), fields: { team: 'team_name' } };

/** Which tickets are whose: the one that is erased by its id, and those of the customer, rejects among them. */
interface Cast {
  readonly own: string;
  readonly reject: string;
  readonly others: readonly string[];
  readonly coupon: string;
}

interface Stage extends AsyncDisposable {
  readonly here: World;
  readonly vivenu: MarkedVivenu;
  readonly cast: Cast;
}

const isOfCustomer = ({ others }: Cast, record: Record<string, unknown>) =>
  record['_id'] === undefined || others.some((id) => id === record['_id']);

const changeFor =
  (cast: Cast): Change =>
  (record, path) => {
    const id = record['_id'];
    if (path === '/coupon/rich' && id === cast.coupon)
      return { ...record, customer: CUSTOMER, name: `for ${MARK}`, note: MARK, tags: [MARK] };
    if (path !== '/tickets') return record;
    if (id === cast.own || id === cast.reject) return person(record, { year: 1980 });
    return isOfCustomer(cast, record) ? person(record, { customerId: CUSTOMER }) : record;
  };

/** A region that was read, in which some people are marked in every field. */
async function stage(region: Partial<RegionConfig> = hyrox): Promise<Stage> {
  const here = await world({ sellers: sellers.map((one) => ({ ...one, odd: [...one.odd] })) });
  const tickets = here.truth();
  const ok = tickets
    .filter(({ odd, status }) => odd === undefined && status === 'VALID')
    .map(({ id }) => id!);
  const odd = tickets.filter(({ odd }) => odd === 'text-price').map(({ id }) => id!);
  const cast: Cast = {
    own: ok[3]!,
    reject: odd[0]!,
    others: [ok[7]!, ok[90]!, odd[1]!],
    coupon: [...here.simulator.truth(KEY, 'coupons')].find(({ seriesId }) => seriesId === null)!.id,
  };
  const vivenu = await MarkedVivenu.before(here.simulator, changeFor(cast));
  here.configure({ ...region, baseUrl: vivenu.url });
  await here.complete();
  // As PostgreSQL does when it likes.
  await here.sql('analyze');
  return {
    ...{ here, vivenu, cast },
    [Symbol.asyncDispose]: async () => {
      await vivenu[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
    },
  };
}

/** What the command does. */
async function erase(
  here: World,
  persons: { ticket?: readonly string[]; customer?: readonly string[] },
  regions: readonly string[] | null = null,
): Promise<Erasure> {
  await using db = await DatabaseManager.connect(here.database.config);
  const { configured, all } = await choosePlaces(db, here.config, regions);
  await migrateAll(db, configured, db.config.user);
  const whom = { ticket: persons.ticket ?? [], customer: persons.customer ?? [] };
  return await erasePersons(db, all, { persons: whom, everywhere: regions === null });
}

const everyone = ({ own, reject }: Cast) => ({ ticket: [own, reject], customer: [CUSTOMER] });

/** Nothing of the marked people is in a dump, in a table as text, or in the samples that PostgreSQL keeps. */
async function expectNobody({ here }: Pick<Stage, 'here'>): Promise<void> {
  for (const text of [await dump(here.database), await everything(here.database)]) {
    expect(text).toContain('VALID');
    expect(text.split('\n').filter((line) => line.includes(MARK) || line.includes(CUSTOMER))).toEqual([]);
  }
}

const KEPT = `id, event_id, status, type, currency, regular_price, real_price, transaction_id, checkout_id, ticket_type_id, ticket_name,
  under_shop_id, category, division, event_day, team_size, team_role, is_under_shop, addons, seat, seat_row, created_at, updated_at,
  first_seen_at, synced_at, requested_at, run_id, deleted_at`;

async function retry(here: World) {
  await using db = await DatabaseManager.connect(here.database.config);
  return await retryRejects(db, chooseRegions(here.config, null), null);
}

describe('who was erased', () => {
  it('is in no table: not after it, after a full read, a retry of rejects, or under another profile', async () => {
    await using on = await stage();
    const { here, cast } = on;
    expect(await dump(here.database)).toContain(`${MARK} nation`);
    expect((await everything(here.database)).split(MARK).length).toBeGreaterThan(200);

    const erasure = await erase(here, everyone(cast));
    expect(erasure).toMatchObject({ unknown: { ticket: [], customer: [] }, problems: [] });
    await expectNobody(on);

    const writes = await here.writesOf(async () => {
      const report = await here.complete({ full: true });
      expect(streamOf(report)).toMatchObject({ proven: true, api_total: 400, updated: 0, inserted: 0 });
    });
    expect(writes).toEqual({ inserted: 0, updated: 0, deleted: 0 });
    await expectNobody(on);

    await retry(here);
    await expectNobody(on);

    here.configure({ fields: { club: 'local_territory_training_club' }, baseUrl: on.vivenu.url });
    await here.complete({ skipFetch: true });
    await here.complete({ full: true });
    await expectNobody(on);
  });

  it('stays as a row with all that is counted, and the rows of others stay as they are', async () => {
    await using on = await stage();
    const { here, cast } = on;
    const rows = (columns: string) => here.sql(`select ${columns} from auckland.tickets order by id`);
    const sold = () => here.sql('select * from auckland.v_sales_summary');
    const before = { kept: await rows(KEPT), sold: await sold() };
    const erased = [cast.own, cast.reject, ...cast.others];
    const others = () =>
      here.sql('select * from auckland.tickets where id <> all($1::text[]) order by id', [erased]);
    const untouched = await others();
    await erase(here, everyone(cast));
    expect(await rows(KEPT)).toEqual(before.kept);
    expect(await sold()).toEqual(before.sold);
    expect(await others()).toEqual(untouched);
    const [row] = await here.sql<{ raw: Record<string, unknown> }>(
      'select * from auckland.tickets where id = $1',
      [cast.own],
    );
    const { raw, ...columns } = row!;
    const empty = 'customer_id name email street country birthday gender nationality gym_affiliate team age';
    for (const name of empty.split(' ')) expect(columns, name).toHaveProperty(name, null);
    expect(Object.keys(raw)).not.toEqual(expect.arrayContaining(['history']));
    expect(Object.keys(raw)).toEqual(
      expect.arrayContaining(['_id', 'eventId', 'status', 'realPrice', 'createdAt']),
    );
  });

  it('counts as Incomplete in the age groups at once, and is of no age in a team', async () => {
    await using on = await stage();
    const { here, cast } = on;
    const groups = () =>
      here.sql<{ people: number; incomplete: number }>(
        `select sum(count) filter (where age_range = 'Total')::int as people,
           sum(count) filter (where age_range = 'Incomplete')::int as incomplete
         from auckland.ticket_age_groups`,
      );
    const [before] = await groups();
    const [athletes] = await here.sql<{ count: number }>(
      `select count(*)::int as count from auckland.tickets
       where id = any($1) and age is not null and category = 'single' and status in ('VALID', 'DETAILSREQUIRED')`,
      [[cast.own, ...cast.others]],
    );
    await erase(here, everyone(cast));
    const [after] = await groups();
    expect(after!.people).toBe(before!.people);
    expect(after!.incomplete).toBeGreaterThanOrEqual(before!.incomplete + athletes!.count);
    const aged = await here.sql(
      `select 1 from auckland.team_members where ticket_id = any($1) and (age is not null or team_age is not null)`,
      [[cast.own, ...cast.others]],
    );
    expect(aged).toEqual([]);
    const first = await here.sql('select * from auckland.ticket_age_groups order by 1, 2, 3, 4');
    await here.complete({ full: true });
    expect(await here.sql('select * from auckland.ticket_age_groups order by 1, 2, 3, 4')).toEqual(first);
  });

  it('comes back by no edit, no new ticket of the customer, and no empty schema', async () => {
    await using on = await stage();
    const { here, cast, vivenu } = on;
    await erase(here, everyone(cast));
    here.simulator.edit(KEY, [cast.own, cast.others[0]!]);
    const [late] = here.simulator.sell(KEY, 1);
    vivenu.change = (record, path) =>
      record['_id'] === late ? person(record, { customerId: CUSTOMER }) : changeFor(cast)(record, path);
    here.simulator.advance(5 * MINUTE);
    const report = await here.complete();
    expect(streamOf(report)).toMatchObject({ mode: 'incremental', proven: true, inserted: 1 });
    expect(streamOf(report).updated).toBeGreaterThanOrEqual(2);
    await expectNobody(on);

    here.configure({ ...hyrox, schema: 'elsewhere', baseUrl: vivenu.url });
    await here.complete();
    expect((await here.stored('tickets', 'elsewhere')).length).toBeGreaterThan(390);
    await expectNobody(on);
  });

  it('is stored when nothing but a personal field kept the record from being', async () => {
    await using on = await stage();
    const { here, cast, vivenu } = on;
    vivenu.change = (record, path) => {
      const changed = changeFor(cast)(record, path) as Record<string, unknown>;
      return record['_id'] === cast.own ? { ...changed, name: `${MARK}\0`, realPrice: 12.5 } : changed;
    };
    await here.complete({ full: true });
    const open = async () => (await here.rejects()).filter(({ closed_at }) => closed_at === null);
    expect((await open()).find(({ record_id }) => record_id === cast.own)).toMatchObject({ field: 'name' });
    await erase(here, { ticket: [cast.own] });
    const retried = await retry(here);
    expect(retried.find(({ id }) => id === cast.own)).toMatchObject({ still: null });
    const [row] = await here.sql('select name, real_price from auckland.tickets where id = $1', [cast.own]);
    expect(row).toEqual({ name: null, real_price: '12.5' });
    streamOf(await here.complete({ full: true }));
    const [again] = await here.sql('select name, real_price from auckland.tickets where id = $1', [cast.own]);
    expect(again).toEqual(row);
  });

  it('is remembered by keyed hashes only, under a key of each database', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await erase(here, { ticket: [cast.own], customer: [CUSTOMER] });
    const rows = await here.sql<{ digest: string; region: string }>('select * from vivenu_ingest.erased');
    // The ticket, the customer, and the three tickets that were found of theirs.
    expect(rows).toHaveLength(1 + 1 + 3);
    for (const { digest, region } of rows) expect([digest.length, region]).toEqual([64, '']);
    const [key] = await here.sql<{ key: Buffer }>('select key from vivenu_ingest.erasure_key');
    expect(key!.key).toHaveLength(32);
    const plain = createHash('sha256').update(`ticket ${cast.own}`).digest('hex');
    expect(rows.map(({ digest }) => digest)).not.toContain(plain);
  });

  it('stays erased when it is done again, which writes nothing', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await erase(here, everyone(cast));
    let again: Erasure | undefined;
    const writes = await here.writesOf(async () => {
      again = await erase(here, everyone(cast));
    });
    expect(again!.tables.filter(({ rows }) => rows > 0)).toEqual([]);
    expect(again!.unknown).toEqual({ ticket: [], customer: [CUSTOMER] });
    expect(writes).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });
});

describe('erasing', () => {
  it('reaches columns of an earlier profile and of the user', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await here.sql(
      `alter table auckland.tickets add note text; update auckland.tickets set note = '${MARK} note'`,
    );
    here.configure({ baseUrl: on.vivenu.url });
    await here.complete();
    expect(await dump(here.database)).toContain(`${MARK} team`);
    const others = await here.sql(`select 1 from auckland.tickets where note is not null`);
    await erase(here, everyone(cast));
    const left = await here.sql(`select 1 from auckland.tickets where note is not null`);
    expect(others.length - left.length).toBe(3);
    await here.sql('alter table auckland.tickets drop note');
    await expectNobody(on);
  });

  it('deletes what a take-over of an older database set apart', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await here.sql(
      'create table auckland.tickets_duplicates as select id, name, customer_id from auckland.tickets',
    );
    const { tables } = await erase(here, everyone(cast));
    expect(tables).toContainEqual({
      ...{ region: 'auckland', schema: 'auckland', table: 'tickets_duplicates', rows: 3, fields: 9 },
    });
    const [row] = await here.sql<{ count: number }>('select count(*)::int from auckland.tickets_duplicates');
    expect(row!.count).toBeGreaterThan(350);
    await expectNobody(on);
  });

  it('is refused, with nothing erased, where a column of the user cannot be emptied', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await here.sql(`alter table auckland.tickets add note text not null default 'x'`);
    await expect(erase(here, everyone(cast))).rejects.toThrow(/"note" cannot be emptied.*drop not null/);
    expect(await dump(here.database)).toContain(`${MARK} name`);
    expect(await here.sql('select 1 from vivenu_ingest.erased')).toEqual([]);
  });

  it('reaches a region that is not configured any more', async () => {
    await using on = await stage();
    const { here, cast } = on;
    here.configure({ region: 'berlin', baseUrl: on.vivenu.url });
    await here.complete();
    await erase(here, everyone(cast));
    await expectNobody(on);
    here.configure({ ...hyrox, baseUrl: on.vivenu.url });
    await here.complete({ full: true });
    await expectNobody(on);
  });

  it('of one region leaves the others, and holds under its new schema and its new name', async () => {
    await using on = await stage();
    const { here, cast } = on;
    const { url: baseUrl } = on.vivenu;
    here.configure({ ...hyrox, baseUrl }, { region: 'berlin', baseUrl });
    await here.complete();
    await erase(here, everyone(cast), ['auckland']);
    const named = async (schema: string) =>
      (await here.stored<{ name: string | null }>('tickets', schema)).filter(({ name }) =>
        name?.includes(MARK),
      ).length;
    await here.complete({ full: true });
    expect([await named('auckland'), await named('berlin')]).toEqual([0, 3]);
    here.configure({ ...hyrox, schema: 'new_schema', baseUrl });
    await here.complete();
    expect(await named('new_schema')).toBe(0);
    here.configure({ ...hyrox, region: 'new_name', schema: 'auckland', baseUrl });
    await here.complete({ full: true });
    expect(await named('auckland')).toBe(0);
  });

  it('knows the tickets of a customer in a region that leaves out whose they are', async () => {
    const excludeFields = ['customerId'];
    await using on = await stage({ ...hyrox, excludeFields });
    const { here, cast } = on;
    const { url: baseUrl } = on.vivenu;
    here.configure({ ...hyrox, excludeFields, baseUrl }, { region: 'berlin', baseUrl });
    await here.complete();
    // A record that lacks its id as well cannot be known there.
    await here.sql(
      `delete from vivenu_ingest.rejected_records where region = 'auckland' and record_id is null`,
    );
    await erase(here, everyone(cast));
    await expectNobody(on);
  });

  it('leaves rows that another mapping wrote to be read anew by the next run', async () => {
    await using on = await stage();
    const { here, cast } = on;
    here.configure({ profile: loadProfile('generic'), baseUrl: on.vivenu.url });
    await erase(here, everyone(cast));
    await here.complete({ skipFetch: true });
    const categories = await here.sql('select distinct category from auckland.tickets');
    expect(categories).toEqual([{ category: 'ticket' }]);
    await expectNobody(on);
  });

  it('goes through when the summaries cannot be worked out again, and says so', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await here.sql(
      `alter table auckland.ticket_summary add constraint none check (total_count is null) not valid;
       alter table auckland.team_members add constraint none check (team_no is null) not valid`,
    );
    const { problems } = await erase(here, everyone(cast));
    expect(problems).toEqual([
      expect.stringContaining('the summaries of auckland could not be worked out again'),
    ]);
    await expectNobody(on);
    await here.sql(
      'alter table auckland.team_members drop constraint none; alter table auckland.ticket_summary drop constraint none',
    );
    await here.complete();
    expect(await here.sql('select 1 from vivenu_ingest.changed_events')).toEqual([]);
  });
});

describe('a region', () => {
  it('is not read when the key of the hashes is gone: nobody who was erased would be known', async () => {
    await using on = await stage();
    const { here, cast } = on;
    await erase(here, everyone(cast));
    await here.sql('delete from vivenu_ingest.erasure_key');
    const report = await here.run({ full: true });
    expect(report.status).toBe('failed');
    expect(report.regions[0]!.error).toMatch(/erasure_key is empty.*restore it from a backup/);
    await expectNobody(on);
  });
});

describe('a run that did not look up who was erased', () => {
  it('may store nothing', () => {
    expect(() => erasedOf({ name: 'auckland', erased: null } as Region)).toThrow(/was not looked up/);
  });
});
