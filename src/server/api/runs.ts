import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { keyId } from '../../config/config.js';
import { heardLately } from '../../load/deliveries.js';
import { openRunRows, runPage, runParts, runRow, windowsLeft, type RunRow } from '../../load/run-pages.js';
import { booksOf, heldLocks } from '../../load/status.js';
import { budgetBooks } from '../../load/trust.js';
import { runLock } from '../../sync/choose.js';
import { nextRuns } from '../../work/books.js';
import { budgetLeft } from '../../work/budget-left.js';
import { jobsState } from '../../work/state.js';
import { Refused } from './errors.js';
import type { ApiParts } from './parts.js';
import { lineOf, streamOf } from './run-lines.js';
import { runDetail, runs } from './schemas/runs.js';
import type { Runs } from './types.js';

const PAGE = 50;
/** Deliveries of a month are counted; that need not be now. */
const HEARD_FOR_MS = 15_000;

/** `GET /runs` and `GET /runs/:run_id`. */
export function routeRuns(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const heard = kept(HEARD_FOR_MS, () => deliveriesOf(parts));
  const query = z.object({ before: z.string().max(100).optional() });
  api.get('/runs', { schema: { querystring: query, response: { 200: runs } } }, async (request) => {
    const before = placeOf(request.query.before);
    if (!(await booksOf(parts.db)).exist) throw new Refused(404, 'nothing was ever run into this database');
    return await runsNow(parts, before, await heard());
  });
  const params = z.object({ run_id: z.uuid() });
  api.get('/runs/:run_id', { schema: { params, response: { 200: runDetail } } }, async (request) => {
    const { run_id: id } = request.params;
    const row = await runRow(parts.db, id);
    if (row === null) throw new Refused(404, 'no run has this id');
    const { streams, warnings } = await runParts(parts.db, id);
    return { ...lineOf(row, await heldRegions(parts)), streams: streams.map(streamOf), warnings };
  });
}

async function runsNow(parts: ApiParts, before: Place | null, deliveries: Runs['deliveries']): Promise<Runs> {
  const { db } = parts;
  const [held, page, open, left, jobs] = await Promise.all([
    heldRegions(parts),
    runPage(db, before, PAGE),
    openRunRows(db),
    windowsLeft(db),
    jobsState(db),
  ]);
  const last = page.length === PAGE ? page.at(-1) : undefined;
  const sum = (name: 'waiting' | 'running') => jobs?.queues.reduce((total, one) => total + one[name], 0) ?? 0;
  return {
    at: new Date().toISOString(),
    running: open.filter((row) => isRunning(row, held)).map((row) => runningOf(row, parts, left)),
    runs: page.map((row) => lineOf(row, held)),
    next: last === undefined ? null : `${last.place}|${last.run_id}`,
    next_scheduled: await scheduled(parts),
    budget: await budgets(parts),
    deliveries,
    queue:
      jobs === null
        ? null
        : { waiting: sum('waiting'), running: sum('running'), workers: jobs.workers.length },
    dead: (jobs?.dead ?? []).map(({ failed_at: at, regions, ...one }) => ({
      ...one,
      regions: [...regions],
      failed_at: at.toISOString(),
    })),
  };
}

type Left = Awaited<ReturnType<typeof windowsLeft>>;

function runningOf(row: RunRow, { config }: ApiParts, left: Left): Runs['running'][number] {
  const schemaOf = (name: string | undefined) => config.events.find(({ region }) => region === name)?.schema;
  const reads = (row.progress ?? []).map(({ regions, mode, ...read }) => ({
    ...read,
    region: regions.join(', '),
    kind: mode === 'incremental' ? ('incremental' as const) : ('full' as const),
    windows_left:
      left.find(({ schema, stream }) => stream === read.stream && schema === schemaOf(regions[0]))?.left ?? 0,
  }));
  return {
    run_id: row.run_id,
    started_at: row.started_at.toISOString(),
    regions: [...row.regions],
    reads,
  };
}

const isRunning = ({ regions }: RunRow, held: ReadonlySet<string>) => regions.every((name) => held.has(name));

/** Regions that somebody holds now; one that is not configured any more cannot be told from a held one. */
async function heldRegions({ db, config: { events } }: ApiParts): Promise<Set<string>> {
  const held = await heldLocks(db, events.map(runLock));
  return new Set(events.filter((region) => held.has(runLock(region))).map(({ region }) => region));
}

async function scheduled({ db, config }: ApiParts): Promise<Runs['next_scheduled']> {
  const next = await nextRuns(db, config, Date.now());
  const times = new Map<string, string[]>();
  for (const { region, run, full } of next) {
    const at = [run, full]
      .filter((time) => time !== null)
      .sort((a, b) => +a - +b)[0]
      ?.toISOString();
    if (at !== undefined) times.set(at, [...(times.get(at) ?? []), region]);
  }
  return [...times].sort(([a], [b]) => (a < b ? -1 : 1)).map(([at, regions]) => ({ regions, at }));
}

async function budgets({ db, config: { events, http } }: ApiParts): Promise<Runs['budget']> {
  const ids = new Map(events.map((region) => [region.region, keyId(region.token, region.baseUrl)]));
  const books = await budgetBooks(db, [...new Set(ids.values())]);
  return books.map((book) => {
    const { left, waits_until: until } = budgetLeft(book, http.requestsPerHour, Date.now());
    const regions = [...ids].filter(([, id]) => id === book.key_id).map(([region]) => region);
    return {
      ...{ key: book.key_id, regions, left, of: http.requestsPerHour },
      waits_until: until === null || until === Infinity ? null : new Date(until).toISOString(),
    };
  });
}

async function deliveriesOf({ db, config: { events } }: ApiParts): Promise<Runs['deliveries']> {
  const heard = await heardLately(
    db,
    events.map(({ region }) => region),
  );
  return (heard ?? []).map(({ region, open, failed, last }) => ({
    ...{ region, open, failed },
    last_at: last.toISOString(),
  }));
}

interface Place {
  readonly place: string;
  readonly runId: string;
}

function placeOf(text: string | undefined): Place | null {
  if (text === undefined) return null;
  const [, place, runId] = /^([\d:. +-]{19,40})\|([\da-f-]{36})$/.exec(text) ?? [];
  if (place === undefined || runId === undefined) throw new Refused(400, '?before is no `next` of an answer');
  return { place, runId };
}

/** Asks again after a while only; those who ask at the same time wait for one answer. */
function kept<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let at = -Infinity;
  let answer: Promise<T> | null = null;
  return () => {
    if (answer === null || performance.now() - at > ms) {
      at = performance.now();
      answer = ask();
      answer.catch(() => (answer = null));
    }
    return answer;
  };
}
