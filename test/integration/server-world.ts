import { createHmac, randomUUID } from 'node:crypto';
import { vi, expect } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import type { SyncEvent } from '../../src/observer.js';
import { serve, type Served } from '../../src/server/serve.js';
import { KEY, type World } from './world.js';

export const HMAC = 'a key of a listener';

export interface Serving extends AsyncDisposable {
  readonly url: string;
  readonly events: SyncEvent[];
}

/** A server of a process of its own, as far as connections go. */
export async function serving(here: World): Promise<Serving> {
  const stop = new AbortController();
  const events: SyncEvent[] = [];
  const metrics = createMetrics({ live: true });
  const observe = (event: SyncEvent) => {
    events.push(event);
    metrics.observe(event);
  };
  const db = await DatabaseManager.connect(here.config.database, { signal: stop.signal, observe });
  const served: Served = await serve({
    ...{ config: here.config, db, metrics, observe, stop: stop.signal },
    refreshEveryMs: 50,
  });
  return {
    url: served.url,
    events,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await served[Symbol.asyncDispose]();
      await db.close();
    },
  };
}

export const sign = (body: string, key = HMAC) => createHmac('sha256', key).update(body).digest('hex');

export const envelope = (type: string, data: object, id: string = randomUUID()) =>
  JSON.stringify({ id, type, mode: 'prod', sellerId: 's', webhookId: 'w', data });

/** Posts a body, signed unless another signature is given; returns the status. */
export async function post(
  url: string,
  body: string,
  { region = 'auckland', signature = sign(body) }: { region?: string; signature?: string | null } = {},
): Promise<number> {
  const answer = await fetch(`${url}/webhooks/${region}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(signature === null ? {} : { 'x-vivenu-signature': signature }),
    },
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Documents as vivenu answers them now, by their ids. */
export async function documents(
  here: World,
  ids: readonly string[],
  path = 'tickets',
): Promise<Record<string, unknown>[]> {
  return await Promise.all(
    ids.map(async (id) => {
      const answer = await fetch(`${here.simulator.url}/${path}/${id}`, {
        headers: { authorization: `Bearer ${KEY}` },
      });
      return (await answer.json()) as Record<string, unknown>;
    }),
  );
}

export interface InboxRow {
  delivery_id: string;
  type: string;
  outcome: string | null;
  payload: unknown;
  processed_at: Date | null;
  reason: string | null;
}

export const inboxOf = (here: World) =>
  here.sql<InboxRow>('select * from vivenu_ingest.webhook_deliveries order by delivery_no');

/** Waits until so many deliveries are there and all of them are worked off. */
export async function workedOff(here: World, count: number): Promise<InboxRow[]> {
  return await vi.waitFor(
    async () => {
      const rows = await inboxOf(here);
      expect(rows.filter(({ processed_at }) => processed_at !== null)).toHaveLength(count);
      expect(rows).toHaveLength(count);
      return rows;
    },
    { timeout: 20_000, interval: 50 },
  );
}
