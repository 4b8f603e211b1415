import { HttpProblem } from './problem.js';
import { objectId } from './random.js';

/** A webhook listener of a seller. */
export interface Listener {
  readonly id: string;
  name: string;
  enabled: boolean;
  url: string;
  /** Types that it hears. */
  events: Record<string, boolean>;
  /** Null: its deliveries are not signed. */
  hmacKey: string | null;
}

/** What a listener is made of in the options. */
export interface ListenerOptions {
  readonly url: string;
  readonly hmacKey: string | null;
  /** @default every type */
  readonly events?: readonly string[];
}

/** Types that the simulator sends. */
export const SENT_TYPES = ['ticket.created', 'ticket.updated', 'event.updated'] as const;
export type SentType = (typeof SENT_TYPES)[number];

/** A listener as the options ask for it. */
export const listenerOf = ({ url, hmacKey, events = SENT_TYPES }: ListenerOptions, n: number): Listener => ({
  id: objectId(0x3eb, n),
  name: `listener ${n + 1}`,
  enabled: true,
  url,
  events: Object.fromEntries(events.map((type) => [type, true])),
  hmacKey,
});

/** What listeners are asked for over HTTP. */
interface ListenerRequest {
  readonly method: string;
  /** Below `/api`. */
  readonly path: string;
  readonly body: string;
  readonly query: URLSearchParams;
}

/** Answers `/webhooks` (list, make) and `/webhook/{id}` (change, remove); null for another path. @throws HttpProblem */
export function answerListeners(
  listeners: Listener[],
  { method, path, body, query }: ListenerRequest,
): { status: number; body: string } | null {
  if (path === '/webhooks') {
    if (method === 'GET') return { status: 200, body: listOf(listeners, query) };
    if (method !== 'POST') return null;
    const one = {
      ...listenerOf({ url: '', hmacKey: null, events: [] }, listeners.length),
      ...read(body, true),
    };
    listeners.push({ ...one, id: objectId(Date.now() % 2 ** 31, listeners.length) });
    return { status: 201, body: shown(listeners.at(-1)) };
  }
  const id = /^\/webhook\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined || !['PUT', 'DELETE'].includes(method)) return null;
  const at = listeners.findIndex((one) => one.id === id);
  const found = listeners[at];
  if (found === undefined) throw new HttpProblem(404, 'Document not found');
  if (method === 'DELETE') listeners.splice(at, 1);
  else Object.assign(found, read(body, false));
  return { status: 200, body: shown(found) };
}

const document = ({ id, ...rest }: Listener) => ({ _id: id, ...rest });
const shown = (one: Listener | undefined) => JSON.stringify(one === undefined ? null : document(one));

function listOf(all: readonly Listener[], query: URLSearchParams): string {
  const skip = Number(query.get('skip') ?? 0);
  const page = all.slice(skip, skip + Number(query.get('top') ?? 25));
  return JSON.stringify({ docs: page.map(document), total: all.length });
}

/** vivenu takes public https addresses only; a simulator on loopback has to take those of this machine. */
function read(body: string, isNew: boolean): Partial<Listener> {
  const given = parse(body);
  const { name, url, enabled, events, hmacKey } = given;
  if ((isNew || name !== undefined) && !(typeof name === 'string' && name.length >= 5 && name.length <= 30))
    throw new HttpProblem(400, 'name must have 5 to 30 characters');
  if ((isNew || url !== undefined) && !(typeof url === 'string' && /^https?:\/\//.test(url)))
    throw new HttpProblem(400, 'url must be a valid https address');
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    ...(typeof events === 'object' && events !== null ? { events: events as Record<string, boolean> } : {}),
    ...(typeof hmacKey === 'string' || hmacKey === null ? { hmacKey } : {}),
  };
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new HttpProblem(400, 'expected a JSON object');
}
