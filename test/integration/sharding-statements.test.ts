/** What statements have to keep to, so that regions can lie on machines of their own (docs/scaling.md). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { forget } from '../../src/load/forget.js';
import { loadProfile } from '../../src/profile/profile.js';
import { chooseRegions } from '../../src/sync/choose.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons } from '../../src/sync/erase.js';
import { retryRejects } from '../../src/sync/retry-rejects.js';
import { JobQueue } from '../../src/work/queue.js';
import { JOBS_SCHEMA } from '../../src/work/schema.js';
import { sendRun } from '../../src/work/send.js';
import { beginWork } from '../../src/work/worker.js';
import { documents, envelope, HMAC, post, serving, workedOff } from './server-world.js';
import { lookUp, Recorder, type Statement } from './statements.js';
import { KEY, MINUTE, world, type World } from './world.js';

const ENGINE = 'vivenu_ingest';
const REGIONS = ['auckland', 'hong-kong'];
const page = await readFile(path.resolve(import.meta.dirname, '../../docs/scaling.md'), 'utf8');

/** Deliveries of a ticket to both regions, worked off. */
async function deliver(w: World): Promise<void> {
  await using server = await serving(w);
  const ids = w.truth().flatMap(({ id, odd }) => (odd === undefined && id ? [id] : []));
  const [ticket = {}] = await documents(w, ids.slice(0, 1));
  for (const region of REGIONS)
    expect(await post(server.url, envelope('ticket.updated', { ticket }), { region })).toBe(200);
  await workedOff(w, REGIONS.length);
}

/** A run of both regions by a worker. */
async function work(w: World): Promise<void> {
  const stop = new AbortController();
  await using db = await DatabaseManager.connect(w.database.config);
  const observe = () => undefined;
  const onReport = () => Promise.resolve();
  const signals = { stop: stop.signal, abort: stop.signal };
  await using working = await beginWork({
    ...{ config: w.config, db, observer: () => observe, ...signals, runsAtOnce: 2, onReport },
  });
  expect(working.next()).toEqual([]);
  await using queue = await JobQueue.open({ db, observe, role: 'command' });
  expect(await sendRun(queue, chooseRegions(w.config, null), true)).toBe(true);
  const done = `select from vivenu_jobs.job where name = 'runs' and state = 'completed'`;
  await vi.waitFor(async () => expect(await w.sql(done)).toHaveLength(1), { timeout: 60_000, interval: 100 });
  stop.abort();
}

/** Everything that writes, counts or marks rows: full, increment, edits, deletes, deliveries, a worker, rejects, a rehearsal, an erasure, a new profile. */
async function liveThrough(w: World): Promise<void> {
  const regions = REGIONS.map((region) => ({ region, profile: loadProfile('generic'), webhookKey: HMAC }));
  w.configure(...regions);
  await w.complete();
  w.simulator.advance(10 * MINUTE);
  await deliver(w);
  w.simulator.sell(KEY, 30);
  w.simulator.edit(KEY, 20);
  await w.complete({ dryRun: true });
  await w.complete();
  w.simulator.advance(10 * MINUTE);
  w.simulator.remove(KEY, 3);
  await w.complete({ full: true });
  w.configure(...regions.map((region) => ({ ...region, profile: loadProfile('hyrox') })));
  await w.complete({ skipFetch: true });
  await work(w);
  await using db = await DatabaseManager.connect(w.database.config);
  await retryRejects(db, chooseRegions(w.config, null), null);
  const { all } = await choosePlaces(db, w.config, null);
  const ticket = w.truth().flatMap(({ id, odd }) => (odd === undefined && id ? [id] : []))[0]!;
  await erasePersons(db, all, { persons: { ticket: [ticket], customer: [] }, everywhere: true });
  await db.transaction((client) => forget(client, REGIONS, null));
}

describe('the statements of a database that lives', () => {
  let statements: Statement[];
  const schemasOf = ({ touches }: Statement, writes?: true) =>
    new Set(touches.filter((touch) => !writes || touch.writes).map(({ schema }) => schema));
  const regionsOf = (schemas: ReadonlySet<string>) => REGIONS.filter((region) => schemas.has(region));
  /** Those that touch a region and the books of the engine at once. */
  const mixed = () =>
    statements.filter((one) => schemasOf(one).has(ENGINE) && regionsOf(schemasOf(one)).length > 0);

  beforeAll(async () => {
    await using w = await world({
      sellers: [
        {
          token: KEY,
          events: [{ id: 'race', tickets: 1500, underShops: 2 }],
          coupons: 20,
          series: 2,
          odd: ['text-price', 'no-id'],
        },
      ],
    });
    const recorder = new Recorder();
    try {
      await liveThrough(w);
    } finally {
      recorder.stop();
    }
    statements = await lookUp(w.database.url, recorder.texts, 'auckland');
  }, 120_000);

  it('are all looked at: those that store rows, mark, count and sum up among them', () => {
    const touched = new Set(
      statements.flatMap(({ touches }) => touches.map(({ schema, name }) => `${schema}.${name}`)),
    );
    for (const name of [
      'changed_events',
      'rejected_records',
      'cursors',
      'windows',
      'runs',
      'erased',
      'webhook_deliveries',
    ])
      expect(touched).toContain(`${ENGINE}.${name}`);
    for (const name of ['tickets', 'events', 'coupons', 'ticket_summary', 'summary_report'])
      expect(touched).toContain(`auckland.${name}`);
    expect(touched).toContain('hong-kong.tickets');
    expect(statements.length).toBeGreaterThan(100);
  });

  it('leave the queue to itself', () => {
    const queue = statements.filter((one) => schemasOf(one).has(JOBS_SCHEMA));
    expect(queue.length).toBeGreaterThan(5);
    expect(queue.filter((one) => schemasOf(one).size > 1)).toEqual([]);
  });

  it('touch one region at most', () => {
    expect(statements.filter((one) => regionsOf(schemasOf(one)).length > 1)).toEqual([]);
  });

  it('change either a region or the books, and never the one by the other', () => {
    const changed = mixed().filter((one) => schemasOf(one, true).size > 0);
    expect(changed.map(({ text }) => text)).toEqual([]);
  });

  it('read beside a region only those books that docs/scaling.md has as reference tables', () => {
    const read = mixed().flatMap(({ touches }) =>
      touches.filter(({ schema }) => schema === ENGINE).map(({ name }) => name),
    );
    const named = [...page.matchAll(/^\| `(\w+)` +\| reference/gm)].map(([, name]) => name);
    expect([...new Set(read)].sort()).toEqual(named.sort());
  });
});
