import type { Client } from './client.js';

/** Channel of PostgreSQL on which changes are told to whoever shows them, when they are committed. */
export const CHANNEL = 'vivenu_ingest_changes';

/** What is told: figures of a region moved, or a run began, went on or ended. */
export type Notice = { readonly what: 'sales'; readonly region: string } | { readonly what: 'runs' };

/** Tells it when the transaction is committed. */
export async function tell(client: Pick<Client, 'query'>, notice: Notice): Promise<void> {
  await client.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify(notice)]);
}

/** What a payload says; null: nothing that is known. */
export function readNotice(payload: string): Notice | null {
  try {
    const { what, region } = JSON.parse(payload) as { what?: unknown; region?: unknown };
    if (what === 'runs') return { what };
    return what === 'sales' && typeof region === 'string' ? { what, region } : null;
  } catch {
    return null;
  }
}
