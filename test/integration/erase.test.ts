import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { loadProfile } from '../../src/profile.js';
import type { RegionConfig } from '../../src/config.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons, type Erasure } from '../../src/sync/erase.js';
import { chooseRegions } from '../../src/sync/choose.js';
import { migrateAll } from '../../src/sync/migrate.js';
import { retryRejects } from '../../src/sync/retry-rejects.js';
import { dump, everything } from './dump.js';
import { MARK, MarkedVivenu, person, type Change } from './marked-vivenu.js';
import { KEY, streamOf, world, type World } from './world.js';

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
  record['_id'] === undefined || others.includes(String(record['_id']));

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
  const ok = tickets.filter(({ odd, status }) => odd === undefined && status === 'VALID').map(({ id }) => id!);
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
});

async function retry(here: World) {
  await using db = await DatabaseManager.connect(here.database.config);
  return await retryRejects(db, chooseRegions(here.config, null), null);
}
