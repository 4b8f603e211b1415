/** Regions in every state that a page must show, served by the real program. */
import { vi } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import { HMAC } from '../integration/server-world.js';
import { start } from '../integration/worker-world.js';
import { world, type World } from '../integration/world.js';

/** A world that was read, and its server. */
export interface Scene extends AsyncDisposable {
  readonly here: World;
  readonly url: string;
  /** Kills its server and does something before another listens in its place. */
  readonly without: (meanwhile: () => Promise<void>) => Promise<void>;
}

const tokenOf = (region: string) => `key_of_${region}`;
const race = loadProfile('hyrox');

const SELLERS = [
  {
    token: tokenOf('hong-kong'),
    events: [{ id: 'hk', name: 'Race Hong Kong', tickets: 900, shape: 'launch', underShops: 8 } as const],
    ...{ coupons: 120, series: 5 },
  },
  {
    token: tokenOf('berlin'),
    events: [
      { id: 'b1', name: 'Race Berlin', tickets: 500, shape: 'waves', underShops: 3 } as const,
      { id: 'b2', name: 'Race Berlin Winter', tickets: 120, shape: 'even', underShops: 0 } as const,
    ],
    odd: ['text-price', 'nul'] as const,
  },
  { token: tokenOf('seoul'), events: [{ id: 'se', name: '서울 피트니스 레이스 2027', tickets: 150 }] },
  {
    token: tokenOf('lisbon'),
    events: [{ id: 'li', name: 'The Long Atlantic Coast Relay and Half Marathon of Lisbon', tickets: 90 }],
  },
  { token: tokenOf('oslo'), events: [{ id: 'os', name: 'Race Oslo', tickets: 40 }] },
];

/** Opens it; `env` is for the server. */
export async function openScene(env: NodeJS.ProcessEnv = {}): Promise<Scene> {
  const here = await world({
    sellers: SELLERS.map(({ odd = [], ...one }) => ({ ...one, odd: [...odd] })),
    regions: [
      {
        ...{ region: 'hong-kong', token: tokenOf('hong-kong'), webhookKey: HMAC, profile: race },
        ...{ maxCapacity: 1000, priceTier: 'L2', priceTrigger: 640, locality: 'HK' },
      },
      { region: 'berlin', token: tokenOf('berlin'), profile: race, maxCapacity: 300, locality: 'DE' },
      { region: 'seoul', token: tokenOf('seoul') },
      { region: 'lisbon', token: tokenOf('lisbon') },
      { region: 'oslo', token: tokenOf('oslo') },
    ],
  });
  const { events } = here.config;
  here.config = { ...here.config, events: events.filter(({ region }) => region !== 'oslo') };
  await here.complete();
  const [later] = here.config.events.filter(({ region }) => region === 'lisbon');
  here.config = {
    ...here.config,
    events: here.config.events.map((one) => (one === later ? { ...one, token: 'gone' } : one)),
  };
  await here.run();
  here.config = { ...here.config, events };
  const settings = Object.entries({
    profile: 'hyrox',
    max_capacity: '1000',
    price_tier: 'L2',
    price_trigger: '640',
    locality: 'HK',
  });
  const serve = async (port: string) =>
    await start(here, ['serve'], {
      ...Object.fromEntries(settings.map(([name, value]) => [`EVENT_CONFIGS__hong-kong__${name}`, value])),
      SERVE_PORT: port,
      ...env,
    });
  let server = await serve('0');
  const listens = async () =>
    await vi.waitFor(() => {
      const [found] = /http:\S+/.exec(server.text()) ?? [];
      if (found === undefined) throw new Error('it does not listen yet');
      return found;
    });
  const url = await listens();
  return {
    ...{ here, url },
    without: async (meanwhile) => {
      await server.end('SIGKILL');
      await meanwhile();
      server = await serve(new URL(url).port);
      await listens();
    },
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGTERM');
      await here[Symbol.asyncDispose]();
    },
  };
}
