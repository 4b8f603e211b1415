import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { keepDeliveriesOut } from '../../src/load/deliveries.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons } from '../../src/sync/erase.js';
import { Command } from '../faults/command.js';
import { vivenuIngest } from './command-line.js';
import { documents, envelope, HMAC, inboxOf, post, serving, sign, workedOff } from './server-world.js';
import { KEY, world } from './world.js';

const withKey = [{ webhookKey: HMAC }];
const FAR = '2099-01-01T00:00:00.000Z';

/** Sends bytes as they are; returns what came back until the other side closed, and after how long. */
async function raw(
  url: string,
  bytes: string,
  { patienceMs = 30_000 } = {},
): Promise<{ text: string; ms: number }> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve());
  });
  socket.on('connect', () => socket.write(bytes));
  await Promise.race([closed, sleep(patienceMs)]);
  socket.destroy();
  return { text, ms: performance.now() - began };
}

describe('a signed delivery', () => {
  it('with what PostgreSQL cannot store is taken, set aside, and holds nothing up', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const [ticket = {}] = await documents(here, here.simulator.sell(KEY, 1));
    await using server = await serving(here);
    const odd = { nul: 'a\u0000b', high: 'a\ud800b', low: '\udc00' };
    for (const [id, name] of Object.entries(odd))
      await post(
        server.url,
        envelope('ticket.created', { ticket: { ...ticket, _id: id, name, updatedAt: FAR } }),
      );
    // What no table is for is kept as it came.
    await post(server.url, envelope('customer.created', { customer: { _id: 'c', name: 'a\u0000b\ud800' } }));
    await post(server.url, envelope('ticket.created', { ticket }));
    const rows = await workedOff(here, 5);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored', 'kept', 'stored']);
    expect((await here.rejects()).map(({ record_id }) => record_id)).toEqual(['nul', 'high', 'low']);
    expect((await here.stored()).map(({ id }) => id)).toContain(ticket['_id']);
  });

  it('of almost 8 MiB is stored, and many of them are not held in memory together', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const [ticket = {}] = await documents(here, here.simulator.sell(KEY, 1));
    await using server = await serving(here);
    await using db = await DatabaseManager.connect(here.database.config);
    const gate = await db.begin();
    await keepDeliveriesOut(gate, 'auckland');
    for (let n = 0; n < 5; n++) {
      const meta = { text: randomBytes(5_900_000).toString('base64') };
      const body = envelope('ticket.created', { ticket: { ...ticket, _id: `large${n}`, meta } });
      expect(Buffer.byteLength(body)).toBeGreaterThan(7.5 * 1024 * 1024);
      expect(await post(server.url, body)).toBe(200);
    }
    await gate.rollback();
    const rows = await workedOff(here, 5);
    expect(rows.every(({ outcome }) => outcome === 'stored')).toBe(true);
    const batches = server.events.flatMap((event) => (event.type === 'deliveries' ? [event.deliveries] : []));
    expect(Math.max(...batches)).toBeLessThanOrEqual(3);
  });

  it('whose keys come twice, or are __proto__, counts as JSON.parse reads it and smuggles nothing in', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const [ticket = {}] = await documents(here, here.simulator.sell(KEY, 1));
    await using server = await serving(here);
    const text = JSON.stringify({ ...ticket, updatedAt: FAR });
    const twice = text.replace(/^\{/, '{"_id":"other","secret":"SECRET","secret":"SECRET",');
    const bodies = [
      `{"id":"a","id":"d1","type":"ticket.created","data":{"ticket":{"_id":"first"},"ticket":${twice}}}`,
      `{"id":"d2","type":"__proto__","data":{"__proto__":{"ticket":{"_id":"evil","eventId":"race"}},"constructor":{"secret":"SECRET"}}}`,
      `{"id":"d3","__proto__":{"type":"ticket.created","data":{"ticket":${text.replace(/"_id":"[^"]*"/, '"_id":"evil"')}}}}`,
    ];
    for (const body of bodies) expect(await post(server.url, body)).toBe(200);
    const rows = await workedOff(here, 3);
    expect(rows.map(({ delivery_id: id, outcome }) => [id, outcome])).toEqual([
      ['d1', 'stored'],
      ['d2', 'kept'],
      ['d3', 'kept'],
    ]);
    const ids = (await here.stored()).map(({ id }) => id);
    expect(ids).toContain(ticket['_id']);
    expect(ids).not.toContain('evil');
    expect(
      JSON.stringify(await here.sql('select row_to_json(t)::text from auckland.tickets t')),
    ).not.toContain('SECRET');
    expect(JSON.stringify(await inboxOf(here))).not.toContain('SECRET');
  });
});

describe('a request', () => {
  it('for a strange region is told nothing', async () => {
    await using here = await world({ regions: withKey, tickets: 1 });
    await using server = await serving(here);
    const body = '{}';
    for (const path of [
      ...[
        '%00',
        'auckland%00',
        'AUCKLAND',
        'auckland/',
        'auckland%2f',
        '..',
        '%2e%2e',
        '%zz',
        '',
        'x'.repeat(5000),
      ],
      ...['auckland?x=1', "auckland'--", '__proto__', 'constructor'],
    ]) {
      const head = `POST /webhooks/${path} HTTP/1.1\r\nhost: x\r\nx-vivenu-signature: ${sign(body, 'forged')}\r\nconnection: close`;
      const { text } = await raw(server.url, `${head}\r\ncontent-length: 2\r\n\r\n${body}`);
      expect(text, path).toMatch(path === 'auckland?x=1' ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 (404|400|414) /);
      expect(text, path).not.toMatch(/stack|node_modules|FST_ERR/);
    }
    expect(await inboxOf(here)).toEqual([]);
  });

  it('that is sent byte by byte, or never, ends after 10 s and holds up nobody', async () => {
    await using here = await world({ regions: withKey, tickets: 1 });
    await using server = await serving(here);
    const body = envelope('customer.created', {});
    const head = `POST /webhooks/auckland HTTP/1.1\r\nhost: x\r\n`;
    const slow = Promise.all([
      raw(server.url, ''),
      raw(server.url, head),
      raw(server.url, `${head}content-length: 1000\r\n\r\n{`),
      ...Array.from({ length: 200 }, () => raw(server.url, `${head}transfer-encoding: chunked\r\n\r\n`)),
    ]);
    await sleep(200);
    const began = performance.now();
    expect(await post(server.url, body)).toBe(200);
    expect(performance.now() - began).toBeLessThan(2000);
    for (const { ms } of await slow) expect(ms).toBeLessThan(15_000);
  });

  it('that floods the memory with bodies is told to come again', async () => {
    await using here = await world({ regions: withKey, tickets: 1 });
    await using server = await serving(here);
    const part = 'x'.repeat(7 * 1024 * 1024);
    const head = `POST /webhooks/auckland HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${8 * 1024 * 1024}\r\n\r\n`;
    const held = Array.from({ length: 40 }, () => raw(server.url, head + part, { patienceMs: 6000 }));
    await sleep(2000);
    expect(await post(server.url, '{}')).toBe(503);
    // A connection that still sends may not live to read why.
    const refused = (await Promise.all(held)).filter(({ ms }) => ms < 5000);
    expect(refused.length).toBeGreaterThan(20);
    await expect.poll(() => post(server.url, envelope('customer.created', {}))).toBe(200);
  });
});

describe('the command', () => {
  const variables = (url: string, more: Record<string, string> = {}) => ({
    DATABASE_URL: url,
    EVENT_CONFIGS__auckland__token: KEY,
    EVENT_CONFIGS__auckland__event_id: '*',
    EVENT_CONFIGS__auckland__webhook_key: HMAC,
    ...more,
  });

  it('that is told to end while deliveries wait for an erasure ends within 5 s, and the next one works them off', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 20));
    await using db = await DatabaseManager.connect(here.database.config);
    const erasing = await db.begin();
    await keepDeliveriesOut(erasing, 'auckland');
    await using first = await Command.start(['serve'], variables(here.database.url, { SERVE_PORT: '0' }));
    await expect.poll(() => first.out, { timeout: 20_000 }).toContain('http:');
    const address = /http:\S+/.exec(first.out)?.[0] ?? '';
    for (const ticket of tickets)
      expect(await post(address, envelope('ticket.created', { ticket }))).toBe(200);
    const began = performance.now();
    first.signal('SIGTERM');
    expect((await first.ended).code).toBe(143);
    expect(performance.now() - began).toBeLessThan(6000);
    await erasing.rollback();
    expect((await inboxOf(here)).every(({ processed_at: at }) => at === null)).toBe(true);
    await using server = await serving(here);
    await workedOff(here, 20);
    await server[Symbol.asyncDispose]();
    await here.expectExact();
  });

  it('says what to mend when the database is away at its start, or the port is taken', async () => {
    const away = await vivenuIngest(
      ['serve'],
      variables('postgres://x:y@127.0.0.1:1/z', { SERVE_PORT: '0' }),
    );
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringContaining('Nothing listens there: start the server'),
    ]);
    await using here = await world({ regions: withKey, tickets: 1 });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const taken = await vivenuIngest(['serve'], variables(here.database.url, { SERVE_PORT: port }));
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringMatching(/SERVE_PORT=\d+.*EADDRINUSE/)]);
    other.close();
  });
});

describe('somebody who is erased while deliveries of theirs come', () => {
  it('is in no table and no delivery afterwards', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 60));
    await using server = await serving(here);
    const bodyOf = (n: number) => {
      const updatedAt = new Date(Date.parse(FAR) + n).toISOString();
      const person = { ...tickets[n % tickets.length], firstname: 'PERSON', customerId: 'cust-1', updatedAt };
      return n % 3 === 2
        ? envelope('checkout.completed', { checkout: { customerId: 'cust-1', firstname: 'PERSON' } })
        : envelope('ticket.updated', { ticket: person });
    };
    let [sent, most] = [0, Infinity];
    const sending = (async () => {
      for (; sent < most; sent++) expect(await post(server.url, bodyOf(sent))).toBe(200);
    })();
    await expect.poll(async () => (await here.stored()).length, { timeout: 20_000 }).toBeGreaterThan(15);
    await using db = await DatabaseManager.connect(here.database.config);
    const { all: places } = await choosePlaces(db, here.config, null);
    await erasePersons(db, places, { persons: { ticket: [], customer: ['cust-1'] }, everywhere: true });
    most = sent + 30;
    await sending;
    const rows = await workedOff(here, most);
    expect(rows.some(({ outcome }) => outcome === 'erased')).toBe(true);
    const text = JSON.stringify([
      await here.sql('select row_to_json(t)::text from auckland.tickets t'),
      await here.sql('select row_to_json(t)::text from vivenu_ingest.webhook_deliveries t'),
      await here.sql('select row_to_json(t)::text from vivenu_ingest.rejected_records t'),
    ]);
    expect(text).not.toContain('PERSON');
  });
});
