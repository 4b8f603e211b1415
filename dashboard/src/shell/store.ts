import { useEffect, useState } from 'preact/hooks';
import type { Changed, Problem, Session } from '../../../src/server/api/types.js';
import { go } from './router.js';

const BASE = '/api/v1';

/** What was last heard at an address of the API. */
export interface Heard<T> {
  readonly answer: T | null;
  /** Why the last question was not answered; what was heard before stays. */
  readonly failed: string | null;
  /** When it was answered, in milliseconds since 1970. */
  readonly at: number | null;
}

interface Entry {
  heard: Heard<unknown>;
  readonly watchers: Set<() => void>;
  asking: boolean;
  again: boolean;
}

const NOTHING: Heard<never> = { answer: null, failed: null, at: null };
const entries = new Map<string, Entry>();
let csrf: string | null = null;
/** Ends what was asked before somebody else looks. */
let visit = new AbortController();

const unheard = (watchers = new Set<() => void>()): Entry => ({
  ...{ heard: NOTHING, watchers, asking: false, again: false },
});

function entryOf(path: string): Entry {
  let entry = entries.get(path);
  if (entry === undefined) {
    entry = unheard();
    entries.set(path, entry);
  }
  return entry;
}

/** Asks once at a time; what changes meanwhile is asked for after. */
async function ask(path: string): Promise<void> {
  const entry = entryOf(path);
  if (entry.asking) {
    entry.again = true;
    return;
  }
  entry.asking = true;
  try {
    entry.heard = { answer: await fetched(path), failed: null, at: Date.now() };
  } catch (error) {
    entry.heard = { ...entry.heard, failed: error instanceof Error ? error.message : String(error) };
  }
  entry.asking = false;
  for (const watcher of entry.watchers) watcher();
  if (!entry.again || entries.get(path) !== entry) return;
  entry.again = false;
  void ask(path);
}

/** Asks once. Throws an Error with the server's sentence. */
export async function fetched<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(BASE + path, { signal: visit.signal, ...init }).catch(() => {
    throw new Error('The server does not answer.');
  });
  const said = (await answer.json().catch(() => ({ error: `answered ${answer.status}` }))) as T &
    Partial<Problem>;
  if (answer.status === 401 && location.pathname !== '/login')
    go(`/login?from=${encodeURIComponent(location.pathname + location.search)}`);
  if (!answer.ok) throw new Error(said.error ?? `answered ${answer.status}`);
  return said;
}

/** What the API says at a path, kept up to date while it is shown; null asks nothing. */
export function useAnswer<T>(path: string | null): Heard<T> & { readonly reload: () => void } {
  const [, render] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const entry = entryOf(path);
    const watcher = () => render((n) => n + 1);
    entry.watchers.add(watcher);
    void ask(path);
    return () => {
      entry.watchers.delete(watcher);
      // What nobody looks at any more is not kept, or a day of looking around would fill the memory.
      if (entry.watchers.size === 0 && path !== '/session') entries.delete(path);
    };
  }, [path]);
  const heard = (path === null ? NOTHING : (entries.get(path)?.heard ?? NOTHING)) as Heard<T>;
  return { ...heard, reload: () => void (path !== null && ask(path)) };
}

/** Gives an order. Throws an Error with the server's sentence. */
export async function send<T>(path: string, body: object): Promise<T> {
  csrf ??= (await fetched<Session>('/session')).csrf;
  const answer = await fetched<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrf ?? '' },
    body: JSON.stringify(body),
  });
  if (path === '/login' || path === '/logout') forget();
  return answer;
}

/** Who looks has changed: nothing of before is shown to them, not even what is answered later. */
function forget(): void {
  csrf = null;
  visit.abort();
  visit = new AbortController();
  for (const [path, { watchers }] of entries) entries.set(path, unheard(watchers));
  void ask('/session');
  live.restart();
}

/** Who looks, and what they may do. */
export const useSession = (): Session | null => useAnswer<Session>('/session').answer;

const SALES = ['/overview', '/events', '/quality', '/rows'];
const RUNS = ['/runs', '/rejects', '/overview'];

/** Asks again for what is shown and may have changed. */
function heardOf({ sales, runs }: Pick<Changed, 'sales' | 'runs'>): void {
  const moved = [...(sales.length > 0 ? SALES : []), ...(runs ? RUNS : [])];
  for (const [path, { watchers }] of entries)
    if (watchers.size > 0 && moved.some((begin) => path.startsWith(begin))) void ask(path);
}

/** Whether news comes in, and since when it does or does not. */
export interface Liveness {
  readonly isLive: boolean;
  readonly since: number;
  /** When something last moved. */
  readonly changedAt: number | null;
}

const AGAIN_MS = 3000;
/** Figures of the last hour move without a sale. */
const ANYWAY_MS = 60_000;

function listen() {
  let state: Liveness = { isLive: false, since: Date.now(), changedAt: null };
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const watchers = new Set<() => void>();
  const tell = (next: Partial<Liveness>) => {
    state = { ...state, ...next };
    for (const watcher of watchers) watcher();
  };
  const open = () => {
    source = new EventSource(`${BASE}/live`);
    source.addEventListener('open', () => {
      if (!state.isLive) tell({ isLive: true, since: Date.now() });
      // What moved while nobody told of it.
      if (again !== undefined) heardOf({ sales: ['*'], runs: true });
      again = undefined;
    });
    source.addEventListener('changed', (event: MessageEvent<string>) => {
      heardOf(JSON.parse(event.data) as Changed);
      tell({ changedAt: Date.now() });
    });
    source.addEventListener('error', () => {
      source?.close();
      source = null;
      if (state.isLive) tell({ isLive: false, since: Date.now() });
      again = setTimeout(restart, AGAIN_MS);
    });
  };
  const restart = () => {
    clearTimeout(again);
    source?.close();
    source = null;
    if (watchers.size > 0) open();
  };
  return { restart, state: () => state, watchers, isOpen: () => source !== null };
}

const live = listen();

/** Listens from the first time on that it is used. */
export function useLive(): Liveness {
  const [, render] = useState(0);
  useEffect(() => {
    const watcher = () => render((n) => n + 1);
    live.watchers.add(watcher);
    if (!live.isOpen()) live.restart();
    return () => void live.watchers.delete(watcher);
  }, []);
  return live.state();
}

/** The time, a quarter of a minute at most behind. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

setInterval(() => {
  if (!document.hidden) heardOf({ sales: ['*'], runs: false });
}, ANYWAY_MS);
