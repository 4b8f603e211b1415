import { describe, expect, it } from 'vitest';
import { KNOWN_TYPES } from '../../src/sync/listeners.js';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';
import type { SellerOptions } from '../../src/simulator/options.js';
import { vivenuIngest, type Ended } from './command-line.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';

const KEY = 'key_simulated_listening';
const OTHER = 'key_simulated_other';
const HMAC = 'hmac_of_the_region';
const HOOKS = 'https://hooks.example.com';

interface Scene extends AsyncDisposable {
  readonly vivenu: Simulator;
  readonly database: FreshDatabase;
  readonly webhooks: (...args: string[]) => Promise<Ended>;
  readonly listeners: (key?: string) => Promise<Document[]>;
}

interface Document {
  _id: string;
  name: string;
  url: string;
  enabled: boolean;
  events: Record<string, boolean>;
  hmacKey: string | null;
}

type Regions = Record<string, Record<string, string>>;

async function scene(regions: Regions, sellers: Partial<SellerOptions>[] = [{}]): Promise<Scene> {
  const database = await freshDatabase();
  const vivenu = await startSimulator({
    sellers: sellers.map((one, n) => ({ token: [KEY, OTHER][n] ?? '', events: [{ tickets: 3 }], ...one })),
  });
  const keys = (region: Record<string, string>) => ({
    token: KEY,
    event_id: '*',
    base_url: vivenu.url,
    ...region,
  });
  const env = Object.fromEntries(
    Object.entries(regions).flatMap(([name, region]) =>
      Object.entries(keys(region)).map(([key, value]) => [`EVENT_CONFIGS__${name}__${key}`, value]),
    ),
  );
  return {
    vivenu,
    database,
    webhooks: async (...args) => {
      const ended = await vivenuIngest(['webhooks', ...args], { DATABASE_URL: database.url, ...env });
      expect(ended.stdout + ended.stderr).not.toMatch(/key_simulated|hmac_of/);
      return ended;
    },
    listeners: async (key = KEY) => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await fetch(`${vivenu.url}/webhooks?top=1000`, { headers });
      return ((await answer.json()) as { docs: Document[] }).docs;
    },
    [Symbol.asyncDispose]: async () => {
      await vivenu.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const auckland = { auckland: { webhook_key: HMAC } };

describe('webhooks register', () => {
  it('says what it would do and does nothing, until it is told to; then it is right and stays as it is', async () => {
    await using here = await scene({
      ...auckland,
      'hong-kong': { webhook_key: 'hmac_of_another', schema_name: 'hk' },
      silent: {},
    });
    const asked = await here.webhooks('register', '--url', `${HOOKS}/`);
    expect(asked.stdout).toMatch(
      /^auckland +to make +– +https:\/\/hooks\.example\.com\/webhooks\/auckland$/m,
    );
    expect(asked.stdout).toContain('Nothing was done yet: say --yes to do it.');
    expect(asked.code).toBe(0);
    expect(await here.listeners()).toEqual([]);
    const done = await here.webhooks('register', '--url', HOOKS, '--yes');
    expect(done.stdout).toMatch(/^hong-kong +made +–/m);
    expect(done.code).toBe(0);
    const made = await here.listeners();
    expect(made.map(({ url, hmacKey, enabled }) => [url, hmacKey, enabled])).toEqual([
      [`${HOOKS}/webhooks/auckland`, HMAC, true],
      [`${HOOKS}/webhooks/hong-kong`, 'hmac_of_another', true],
    ]);
    expect(Object.keys(made[0]?.events ?? {})).toEqual(KNOWN_TYPES);
    expect(KNOWN_TYPES).toEqual(expect.arrayContaining(['ticket.created', 'event.updated']));
    const before = here.vivenu.log.length;
    const again = await here.webhooks('register', '--url', HOOKS, '--yes');
    expect(again.stdout).toMatch(/^auckland +right/m);
    expect(again.stdout).toContain('Nothing is to be done.');
    expect(here.vivenu.log.slice(before).map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(await here.listeners()).toEqual(made);
    const listed = await here.webhooks('list', '--url', HOOKS);
    expect(listed.stdout).toMatch(/auckland +https:\/\/hooks\S+ +7 +right$/m);
    expect(listed.stdout).toContain('silent: takes no deliveries (no webhook_key)');
    expect(listed.stdout).toContain('All is right.');
    expect(listed.code).toBe(0);
  });

  it('mends the one that differs, keeps what it hears beside, and tells of others', async () => {
    const events = ['ticket.created', 'customer.created'];
    await using here = await scene(auckland, [
      {
        listeners: [
          { url: `${HOOKS}/webhooks/auckland`, hmacKey: 'hmac_of_old_days', events },
          { url: 'https://old.example.com/webhooks/auckland', hmacKey: HMAC },
          { url: 'https://zapier.example.com/hooks/SECRET', hmacKey: null },
        ],
      },
    ]);
    const [first, second] = await here.listeners();
    const plan = await here.webhooks('register', '--url', HOOKS);
    expect(plan.stdout).toContain('it does not tell of event.created');
    expect(plan.stdout).toContain('its key is not EVENT_CONFIGS__auckland__webhook_key');
    expect(plan.stdout).toContain(
      `${second?._id} leads to https://old.example.com/webhooks/auckland as well.`,
    );
    const done = await here.webhooks('register', '--url', HOOKS, '--yes', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({
      status: 'ok',
      keys: [{ steps: [{ does: 'change' }], left: [] }],
    });
    const [mended] = await here.listeners();
    expect(mended).toMatchObject({ _id: first?._id, name: first?.name, hmacKey: HMAC });
    expect(mended?.events).toMatchObject({ 'customer.created': true, 'event.created': true });
    const listed = await here.webhooks('list');
    expect(listed.stdout).toContain('https://zapier.example.com/…');
    expect(listed.stdout).not.toContain('SECRET');
    expect(listed.stdout).toMatch(/not ours$/m);
  });

  it('needs an address that vivenu may send to, and regions that take deliveries', async () => {
    await using here = await scene({ ...auckland, silent: {} });
    const http = await here.webhooks('register', '--url', 'http://hooks.example.com');
    expect([http.code, http.stderr]).toEqual([2, expect.stringContaining('use https')]);
    const silent = await here.webhooks('register', '--url', HOOKS, '--region', 'silent');
    expect(silent.code).toBe(2);
    expect(silent.stderr).toContain('silent refuses deliveries: set EVENT_CONFIGS__silent__webhook_key');
    expect((await here.webhooks('register')).code).toBe(2);
  });

  it('of several keys does what it may, and says which key has no right', async () => {
    await using here = await scene({ ...auckland, poor: { token: OTHER, webhook_key: 'hmac_of_poor' } }, [
      {},
      { forbidden: ['/webhooks'] },
    ]);
    const done = await here.webhooks('register', '--url', HOOKS, '--yes');
    expect(done.stdout).toMatch(
      /^poor: GET \/webhooks: 403 .*give it the right in vivenu, or use another key/m,
    );
    expect(done.code).toBe(1);
    expect(await here.listeners()).toHaveLength(1);
    const listed = await here.webhooks('list');
    expect([listed.code, listed.stdout]).toEqual([1, expect.stringMatching(/^poor: .*403/m)]);
  });
});

describe('webhooks list', () => {
  it('exits with 1 for a region without a listener, one turned off, a second one, and one of another key', async () => {
    const url = `${HOOKS}/webhooks/auckland`;
    await using here = await scene(
      {
        ...auckland,
        oslo: { webhook_key: 'hmac_of_oslo', token: OTHER },
        rome: { webhook_key: 'hmac_of_rome' },
      },
      [
        {
          listeners: [
            { url, hmacKey: HMAC, events: KNOWN_TYPES },
            { url, hmacKey: HMAC, events: KNOWN_TYPES },
            { url: `${HOOKS}/webhooks/oslo`, hmacKey: null },
          ],
        },
        {},
      ],
    );
    const [first, second, third] = await here.listeners();
    const { code, stdout } = await here.webhooks('list');
    expect(code).toBe(1);
    expect(stdout).toContain(
      `auckland, ${second?._id}: it is a second one for the same address as ${first?._id}. Mend:`,
    );
    expect(stdout).toContain(`oslo, ${third?._id}: it leads to oslo, which has another key. Mend:`);
    expect(stdout).toMatch(/^rome: no listener tells of it\. Mend: .* webhooks register/m);
    expect(stdout).toMatch(/^oslo: no listener tells of it/m);
    const removed = await here.webhooks(
      'remove',
      '--id',
      second?._id ?? '',
      '--id',
      third?._id ?? '',
      '--yes',
    );
    expect(removed.code).toBe(0);
    expect(await here.listeners()).toEqual([first]);
    await fetch(`${here.vivenu.url}/webhook/${first?._id}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ enabled: false }),
    });
    const off = await here.webhooks(
      'list',
      '--region',
      'auckland',
      '--url',
      'https://elsewhere.example.com',
      '--json',
    );
    const answer = JSON.parse(off.stdout) as { status: string; error: string };
    expect([off.code, answer.status]).toEqual([1, 'failed']);
    expect(answer.error).toContain('it is turned off');
    expect(answer.error).toContain('not to https://elsewhere.example.com/webhooks/auckland');
  });

  it('says what was heard of a region', async () => {
    await using here = await scene(auckland);
    expect((await here.webhooks('list')).stdout).toContain('has no inbox yet');
    const { code } = await vivenuIngest(['migrate'], {
      DATABASE_URL: here.database.url,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
    });
    expect(code).toBe(0);
    expect((await here.webhooks('list')).stdout).toContain('auckland: nothing was heard in 30 days');
    await here.database.query(
      `insert into vivenu_ingest.webhook_deliveries (region, delivery_id, type, received_at)
       values ('auckland', 'a', 't', now() - interval '3 d'), ('auckland', 'b', 't', now() - interval '30 min')`,
    );
    expect((await here.webhooks('list')).stdout).toContain(
      'auckland: 1 deliveries heard in 24 h, the last 30 min ago; 2 wait to be worked off',
    );
  });
});

describe('webhooks remove', () => {
  it('removes those of a region, at one address or any, when it is told to', async () => {
    await using here = await scene({ ...auckland, oslo: {} }, [
      {
        listeners: [
          { url: `${HOOKS}/webhooks/auckland`, hmacKey: HMAC },
          { url: 'https://old.example.com/webhooks/auckland', hmacKey: HMAC },
          { url: `${HOOKS}/webhooks/oslo`, hmacKey: HMAC },
          { url: 'https://other.example.com/', hmacKey: null },
        ],
      },
    ]);
    expect((await here.webhooks('remove')).code).toBe(2);
    const plan = await here.webhooks('remove', '--region', 'auckland');
    expect(plan.stdout).toContain('say --yes to do it');
    expect(await here.listeners()).toHaveLength(4);
    await here.webhooks('remove', '--region', 'auckland', '--url', 'https://old.example.com', '--yes');
    expect(await here.listeners()).toHaveLength(3);
    await here.webhooks('remove', '--url', HOOKS, '--yes');
    expect((await here.listeners()).map(({ url }) => url)).toEqual(['https://other.example.com/']);
    const unknown = await here.webhooks('remove', '--id', 'nobody', '--yes');
    expect([unknown.code, unknown.stdout]).toEqual([
      1,
      expect.stringContaining('no key has a listener of this id'),
    ]);
  });
});
