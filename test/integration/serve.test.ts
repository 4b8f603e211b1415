import { request } from 'node:http';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { documents, envelope, HMAC, inboxOf, post, serving, sign, workedOff } from './server-world.js';
import { DatabaseManager } from '../../src/load/database.js';
import { keepDeliveriesOut } from '../../src/load/deliveries.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons } from '../../src/sync/erase.js';
import { KEY, world } from './world.js';

const withKey = [{ webhookKey: HMAC }];

describe('a delivery', () => {
  it('is a row within a second, in a table that no run has made yet', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    const server = await serving(here);
    const [id = ''] = here.simulator.sell(KEY, 1);
    const [ticket = {}] = await documents(here, [id]);
    expect(await post(server.url, envelope('ticket.created', { ticket }))).toBe(200);
    const [row] = await workedOff(here, 1);
    await server[Symbol.asyncDispose]();
    expect(row).toMatchObject({ type: 'ticket.created', outcome: 'stored', payload: null });
    expect((await here.stored()).map((stored) => stored.id)).toEqual([id]);
    // What polling brings later is the same row, and is not written again.
    await here.complete();
    await here.expectExact();
    const again = await here.writesOf(() => here.complete({ full: true }), 'auckland', 'tickets');
    expect(again).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('that a run brought already writes nothing', async () => {
    await using here = await world({ regions: withKey, tickets: 20 });
    await here.complete();
    const ids = here.truth().map(({ id }) => id ?? '');
    const tickets = await documents(here, ids);
    const events = await documents(here, ['race'], 'events');
    const writes = await here.writesOf(async () => {
      await using server = await serving(here);
      for (const ticket of tickets) await post(server.url, envelope('ticket.updated', { ticket }));
      for (const event of events) await post(server.url, envelope('event.updated', { event }));
      await workedOff(here, 21);
    });
    expect(writes).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('without a signature, with a wrong one, or one of another key is refused and leaves no trace', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await using server = await serving(here);
    const body = envelope('ticket.created', { ticket: { _id: 'forged', eventId: 'race' } });
    const right = sign(body);
    const flipped = (right.startsWith('0') ? '1' : '0') + right.slice(1);
    for (const signature of [null, '', 'x', flipped, right.slice(2), `sha256=${right}`, sign(body, 'other')])
      expect(await post(server.url, body, { signature })).toBe(401);
    expect(await post(server.url, `${body} `, { signature: right })).toBe(401);
    expect(await inboxOf(here)).toEqual([]);
  });

  it('for an unknown region is 404, for one without a key 403', async () => {
    await using here = await world({ regions: [...withKey, { region: 'oslo' }] });
    await using server = await serving(here);
    expect(await post(server.url, '{}', { region: 'rome' })).toBe(404);
    expect(await post(server.url, '{}', { region: '__proto__' })).toBe(404);
    expect(await post(server.url, '{}', { region: 'oslo' })).toBe(403);
  });

  it('without a signature is taken by a region that is told so, and by no other', async () => {
    await using here = await world({ regions: [{ webhookUnsigned: true }], tickets: 5 });
    await using server = await serving(here);
    const tickets = await documents(here, here.simulator.sell(KEY, 1));
    const body = envelope('ticket.created', { ticket: tickets[0] });
    expect(await post(server.url, body, { signature: null })).toBe(200);
    const [row] = await workedOff(here, 1);
    expect(row).toMatchObject({ outcome: 'stored' });
  });

  it.each([
    ['no JSON', 'nothing', 400],
    ['a list', '[]', 400],
    ['an empty body', '', 400],
    ['a body that is too deep', `{"data":${'['.repeat(300)}${']'.repeat(300)}}`, 400],
    ['a body of more than 8 MiB', JSON.stringify({ data: 'x'.repeat(8 * 1024 * 1024) }), 413],
  ])('with %s is refused', async (_, body, status) => {
    await using here = await world({ regions: withKey });
    await using server = await serving(here);
    expect(await post(server.url, body)).toBe(status);
    expect(await inboxOf(here)).toEqual([]);
  });

  it('that comes twice is worked off once, as is one that is replayed later', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await using server = await serving(here);
    const [id = ''] = here.simulator.sell(KEY, 1);
    const [ticket = {}] = await documents(here, [id]);
    const body = envelope('ticket.created', { ticket });
    expect(await Promise.all([post(server.url, body), post(server.url, body)])).toEqual([200, 200]);
    await workedOff(here, 1);
    expect(await post(server.url, body)).toBe(200);
    expect(await inboxOf(here)).toHaveLength(1);
  });

  it('that comes late never overwrites what is newer, within a batch and after it', async () => {
    await using here = await world({ regions: withKey, tickets: 30 });
    await here.complete();
    const ids = here.truth().map(({ id }) => id ?? '');
    const versions: Record<string, unknown>[][] = [];
    for (let n = 0; n < 4; n++) {
      here.simulator.advance(1000);
      here.simulator.edit(KEY, ids);
      versions.push(await documents(here, ids));
    }
    await using server = await serving(here);
    const send = (tickets: readonly object[]) =>
      Promise.all(tickets.map((ticket) => post(server.url, envelope('ticket.updated', { ticket }))));
    await send([...(versions[3] ?? []), ...(versions[1] ?? [])]);
    await send(versions[2] ?? []);
    await workedOff(here, 90);
    await send(versions[0] ?? []);
    await workedOff(here, 120);
    await here.expectExact();
  });

  it('of an event brings what lives inside it; one of its deletion is kept and deletes nothing', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    here.simulator.editShops(KEY, ['race']);
    const [event = {}] = await documents(here, ['race'], 'events');
    await using server = await serving(here);
    await post(server.url, envelope('event.updated', { event }));
    await workedOff(here, 1);
    const volumes = await here.stored<{ raw: unknown }>('ticket_volumes');
    const shops = event['underShops'] as { tickets: object[] }[];
    expect(volumes.map(({ raw }) => raw)).toEqual(
      expect.arrayContaining(shops.flatMap(({ tickets }) => tickets)),
    );
    await post(
      server.url,
      envelope('event.deleted', { event: { ...event, updatedAt: '2099-01-01T00:00:00.000Z' } }),
    );
    const rows = await workedOff(here, 2);
    expect(rows[1]).toMatchObject({ outcome: 'kept' });
    const [stored] = await here.stored<{ deleted_at: Date | null; raw: unknown }>('events');
    expect(stored).toMatchObject({ deleted_at: null, raw: event });
  });

  it('of a transaction brings its tickets; other events and other types are told apart', async () => {
    await using here = await world({
      regions: [{ webhookKey: HMAC, eventIds: ['race'] }],
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'race', tickets: 10, children: 1 },
            { id: 'other', tickets: 10 },
          ],
        },
      ],
    });
    await here.complete();
    const before = (await here.stored()).length;
    const mine = here.simulator.sell(KEY, 6, { eventId: 'race' });
    const others = here.simulator.sell(KEY, 2, { eventId: 'other' });
    await using server = await serving(here);
    const tickets = await documents(here, [...mine, ...others]);
    await post(server.url, envelope('transaction.complete', { transaction: { _id: 't' }, tickets }));
    await post(server.url, envelope('ticket.created', { ticket: tickets.at(-1) }));
    await post(server.url, envelope('customer.created', { customer: { _id: 'c', name: 'Made Up' } }));
    await post(server.url, JSON.stringify({ hello: 1 }));
    const rows = await workedOff(here, 4);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['stored', 'elsewhere', 'kept', 'kept']);
    expect(rows.map(({ payload }) => payload)).toEqual([
      null,
      null,
      { customer: { _id: 'c', name: 'Made Up' } },
      null,
    ]);
    expect(await here.stored()).toHaveLength(before + 6);
  });

  it('that cannot be stored is set aside, and an older version that can does not settle it', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const [id = ''] = here.simulator.sell(KEY, 1);
    const [ticket = {}] = await documents(here, [id]);
    await using server = await serving(here);
    const newer = { ...ticket, realPrice: 'twelve', updatedAt: '2099-01-01T00:00:00.000Z' };
    await post(server.url, envelope('ticket.updated', { ticket: newer }));
    await post(server.url, envelope('ticket.updated', { ticket: 'no object' }));
    const [, nameless] = await workedOff(here, 2);
    expect(nameless).toMatchObject({ outcome: 'failed', payload: { ticket: 'no object' } });
    await post(server.url, envelope('ticket.created', { ticket }));
    await workedOff(here, 3);
    const rejects = await here.rejects();
    expect(rejects).toMatchObject([{ record_id: id, field: 'realPrice', closed_at: null }]);
  });
});

describe('what is never stored', () => {
  it('is in no byte of the inbox, however it is nested', async () => {
    await using here = await world({
      regions: [{ webhookKey: HMAC, excludeFields: ['email', 'extraFields.phone'] }],
      tickets: 5,
    });
    const ticket = {
      _id: 'ticket1',
      eventId: 'race',
      secret: 'SECRET-1',
      barcode: 'SECRET-2',
      email: 'SECRET-3',
      extraFields: { phone: 'SECRET-4', shoe: 'kept-1' },
    };
    const customer = {
      email: 'SECRET-5',
      _account: { verificationToken: 'SECRET-6', passwordResetToken: 'SECRET-7' },
      inner: [{ extraFields: { phone: 'SECRET-8' } }, { hmacKey: 'SECRET-9' }],
      name: 'kept-2',
    };
    const server = await serving(here);
    // Held, so that the inbox is seen before it is worked off.
    await using lock = await holdGate(here, 'auckland');
    await post(server.url, envelope('ticket.created', { ticket }));
    await post(server.url, envelope('customer.created', { customer, tickets: [ticket] }));
    const text = JSON.stringify(
      await here.sql('select row_to_json(d)::text from vivenu_ingest.webhook_deliveries d'),
    );
    expect(text).toContain('kept-1');
    expect(text).toContain('kept-2');
    expect(text).not.toContain('SECRET');
    await lock[Symbol.asyncDispose]();
    await workedOff(here, 2);
    await server[Symbol.asyncDispose]();
    expect(JSON.stringify(await here.stored())).not.toContain('SECRET');
  });
});

/** Keeps deliveries from being worked off. */
async function holdGate(here: Awaited<ReturnType<typeof world>>, schema: string): Promise<AsyncDisposable> {
  const db = await DatabaseManager.connect(here.database.config);
  const transaction = await db.begin();
  await keepDeliveriesOut(transaction, schema);
  let isOpen = true;
  return {
    [Symbol.asyncDispose]: async () => {
      if (!isOpen) return;
      isOpen = false;
      await transaction.rollback();
      await db.close();
    },
  };
}

describe('somebody who was erased', () => {
  it('does not come back by a delivery, kept ones included', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const [id = ''] = here.simulator.sell(KEY, 1);
    const [ticket = {}] = await documents(here, [id]);
    const person = {
      ...ticket,
      firstname: 'PERSON',
      customerId: 'cust-1',
      updatedAt: '2098-01-01T00:00:00.000Z',
    };
    const server = await serving(here);
    await post(server.url, envelope('ticket.created', { ticket: person }));
    await post(
      server.url,
      envelope('checkout.completed', { checkout: { customerId: 'cust-1', firstname: 'PERSON' } }),
    );
    await workedOff(here, 2);
    const everything = async () =>
      JSON.stringify([
        await here.sql('select row_to_json(t)::text from auckland.tickets t'),
        await here.sql('select row_to_json(t)::text from vivenu_ingest.webhook_deliveries t'),
      ]);
    expect(await everything()).toContain('PERSON');
    await using db = await DatabaseManager.connect(here.database.config);
    const { all: places } = await choosePlaces(db, here.config, null);
    await erasePersons(db, places, { persons: { ticket: [], customer: ['cust-1'] }, everywhere: true });
    expect(await everything()).not.toContain('PERSON');
    const newer = { ...person, updatedAt: '2099-01-01T00:00:00.000Z' };
    await post(server.url, envelope('ticket.updated', { ticket: newer }));
    await post(
      server.url,
      envelope('customer.updated', { customer: { _id: 'cust-1', firstname: 'PERSON' } }),
    );
    const rows = await workedOff(here, 4);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['stored', 'erased', 'stored', 'erased']);
    expect(await everything()).not.toContain('PERSON');
    await server[Symbol.asyncDispose]();
  });
});

describe('the server', () => {
  it('keeps summaries close behind and gives their histories no point', async () => {
    await using here = await world({ regions: withKey, tickets: 50 });
    await here.complete();
    const [before] = await here.sql<{ n: number }>('select count(*)::int as n from auckland.summary_report');
    await using server = await serving(here);
    const ids = here.simulator.sell(KEY, 7);
    for (const ticket of await documents(here, ids))
      await post(server.url, envelope('ticket.created', { ticket }));
    const sold = here
      .truth()
      .filter(({ status }) => status === 'VALID' || status === 'DETAILSREQUIRED').length;
    await vi.waitFor(async () => {
      const [row] = await here.sql<{ n: number }>(
        'select sum(total_count)::int as n from auckland.ticket_summary',
      );
      expect(row?.n).toBe(sold);
    }, 10_000);
    const [after] = await here.sql<{ n: number }>('select count(*)::int as n from auckland.summary_report');
    expect(after).toEqual(before);
  });

  it('works off what another one left behind, and two share the work without doubling it', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 40));
    const lock = await holdGate(here, 'auckland');
    const first = await serving(here);
    for (const ticket of tickets) await post(first.url, envelope('ticket.created', { ticket }));
    expect((await inboxOf(here)).every(({ processed_at }) => processed_at === null)).toBe(true);
    await using second = await serving(here);
    await lock[Symbol.asyncDispose]();
    await workedOff(here, 40);
    await first[Symbol.asyncDispose]();
    await here.expectExact();
    const done = [...first.events, ...second.events].flatMap((event) =>
      event.type === 'deliveries' ? [event.deliveries] : [],
    );
    expect(done.reduce((sum, one) => sum + one, 0)).toBe(40);
  });

  it('works off more regions at once than it has connections', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await using here = await world({
      regions: names.map((region) => ({ region, webhookKey: HMAC })),
      tickets: 5,
    });
    const config = { ...here.config, database: { ...here.config.database, poolSize: 2 } };
    await using server = await serving(Object.assign(Object.create(here) as typeof here, { config }));
    const [ticket] = await documents(here, here.simulator.sell(KEY, 1));
    for (const region of names)
      expect(await post(server.url, envelope('ticket.created', { ticket }), { region })).toBe(200);
    const rows = await workedOff(here, names.length);
    expect(rows.every(({ outcome }) => outcome === 'stored')).toBe(true);
  });

  it('tells of its health and its figures', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    await using server = await serving(here);
    await post(server.url, envelope('ticket.created', { ticket: { _id: 'x' } }));
    await post(server.url, '{}', { signature: null });
    await workedOff(here, 1);
    const get = async (path: string) => {
      const answer = await fetch(`${server.url}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({
      status: 'ready',
      database: { ok: true },
      proofs: [{ region: 'auckland', age_seconds: expect.any(Number) as number }],
    });
    const { text } = await get('/metrics');
    expect(text).toContain('vivenu_ingest_deliveries_total{region="auckland",outcome="accepted"} 1');
    expect(text).toContain('vivenu_ingest_deliveries_total{region="auckland",outcome="unsigned"} 1');
    expect(text).toMatch(/vivenu_ingest_lag_seconds\{region="auckland",stream="tickets"\} \d/);
    expect((await get('/nothing')).status).toBe(404);
  });

  it('reads the body as it came: the signature is of its bytes', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await using server = await serving(here);
    const body = `{ "id" : "${randomUUID()}",\n "type":"ticket.created", "data":{"ticket":{"_id":"ü\\u00fc","price":1.0}} }`;
    const { hostname, port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      const headers = {
        'x-vivenu-signature': sign(body).toUpperCase(),
        'content-type': 'text/odd; charset=latin1',
      };
      const sent = request(
        { hostname, port, method: 'POST', path: '/webhooks/auckland', headers },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
    expect(status).toBe(200);
  });
});
