import { FatalError } from '../errors.js';
import type { VivenuHTTPClient } from '../source/client.js';
import { isObject } from '../transform/clean.js';

/** An event as far as a check tells of it. */
export interface SeenEvent {
  readonly id: string;
  readonly name: string;
  /** ISO 8601 as vivenu writes it, or null. */
  readonly start: string | null;
  readonly capacity: number | null;
  readonly children: readonly string[];
  readonly rootId: string | null;
}

export interface SeenEvents {
  /** As many as were read, by id. */
  readonly events: Map<string, SeenEvent>;
  /** All that the key sees. */
  readonly total: number;
}

const MAX_PAGES = 10;
/** Ids that are asked for one by one when the list lacks them, at most. */
const MAX_LOOKUPS = 5;

/** Reads the events of a key until all that are wanted are found: one request for up to 100 events. */
export async function seenEvents(client: VivenuHTTPClient, wanted: readonly string[]): Promise<SeenEvents> {
  const events = new Map<string, SeenEvent>();
  let total = 0;
  for (let page = 0, skip = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.getEvents({ skip });
    for (const row of answer.rows) add(events, row);
    total = answer.total ?? events.size;
    skip += answer.rows.length;
    if (answer.rows.length === 0 || skip >= total || wanted.every((id) => events.has(id))) break;
  }
  // As a run does: an event may be hidden from the list and yet be readable.
  for (const id of wanted.filter((one) => !events.has(one)).slice(0, MAX_LOOKUPS))
    add(events, await client.getEvent(id).catch(absent), id);
  return { events, total };
}

function absent(error: unknown): undefined {
  if (!(error instanceof FatalError)) throw error;
}

function add(events: Map<string, SeenEvent>, document: unknown, expected?: string): void {
  if (!isObject(document)) return;
  const id = textOf(document['_id']);
  if (id === null || (expected !== undefined && id !== expected)) return;
  const { maxAmount, childEvents } = document;
  events.set(id, {
    id,
    name: textOf(document['name']) ?? 'without a name',
    start: textOf(document['start']),
    capacity: typeof maxAmount === 'number' ? maxAmount : null,
    children: Array.isArray(childEvents) ? childEvents.filter((child) => typeof child === 'string') : [],
    rootId: textOf(document['rootId']),
  });
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

/** The configured events that are seen, with their children. */
export function withChildren({ events }: SeenEvents, configured: readonly string[]): string[] {
  const own = configured.filter((id) => events.has(id));
  const byRoot = [...events.values()].filter(({ rootId }) => rootId !== null && own.includes(rootId));
  return [
    ...new Set([
      ...own,
      ...own.flatMap((id) => events.get(id)?.children ?? []),
      ...byRoot.map(({ id }) => id),
    ]),
  ];
}
