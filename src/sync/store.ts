import type { Client } from '../load/client.js';
import { closeStored, hasOpenRejects, keepRejects, type RejectedRecord } from '../load/rejects.js';
import { rehearseRejects, rehearseRows } from '../load/rehearsed.js';
import type { Table } from '../load/table.js';
import type { Origin, Written } from '../load/upsert.js';
import { writeRows } from '../load/write.js';
import { instantOf } from '../streams/columns.js';
import { isNested, type Stream } from '../streams/define.js';
import type { Reject } from '../streams/shape.js';
import { streams } from '../streams/index.js';
import type { Window } from '../streams/window.js';
import { nestedRecords } from '../transform/nested.js';
import { shapePage, type Lineage, type ShapedPage } from '../transform/page.js';
import type { Run } from './context.js';
import { alive, erasedOf, failRegion, tableFor, tallyFor, type Region } from './region.js';
import { messageOf } from './tally.js';

/** Records of one stream that belong to one region. */
export interface Parcel {
  readonly region: Region;
  readonly stream: Stream;
  readonly records: readonly Lineage[];
}

interface ShapedParcel {
  readonly region: Region;
  readonly stream: Stream;
  readonly size: number;
}

export interface Stored extends Written {
  readonly rejected: number;
}

/** How records came. */
interface Way {
  readonly keyId: string;
  readonly requestedAt: number;
  readonly full: boolean;
  readonly window: Window | null;
  /** What came late may be an older version of what is set aside, and does not settle it. @default false */
  readonly late?: boolean;
}

interface Delivery extends Way {
  /** Books that are kept in the same transaction. */
  readonly also?: (client: Client) => Promise<void>;
}

/**
 * Stores records of any regions and streams in one transaction, with the books that go with them; rows that cannot be stored are set aside.
 * A region whose table refuses everything fails alone.
 */
export async function store(run: Run, parcels: readonly Parcel[], delivery: Delivery): Promise<void> {
  const pages = shapeAll(parcels);
  const failures = new Map<Region, string>();
  const began = performance.now();
  const outcomes = await run.db.transaction(async (client) => {
    failures.clear();
    const stored = await storePages(run, client, { pages, way: delivery, failures });
    await delivery.also?.(client);
    return stored;
  });
  const ms = Math.round(performance.now() - began);
  const rows = pages.reduce((sum, { parcel }) => sum + parcel.size, 0);
  run.observe({ type: 'write', keyId: delivery.keyId, rows, ms });
  for (const [region, error] of failures) failRegion(region, error, run.observe);
  pages.forEach((one, index) => {
    const outcome = outcomes[index] ?? NOTHING;
    count(one.parcel, outcome);
    tellOf(run, delivery.keyId, one, outcome);
  });
}

/** Records of one stream and region, ready for their table. */
export interface StorePage {
  readonly parcel: ShapedParcel;
  readonly page: ShapedPage;
}

/** Shapes parcels and what is nested in them, in the order in which transactions take tables; those of regions that failed are left out. */
export function shapeAll(parcels: readonly Parcel[]): StorePage[] {
  const inOrder = parcels.toSorted((a, b) => (a.region.schema < b.region.schema ? -1 : 1));
  const shaped = inOrder.flatMap(withNested).filter(({ region }) => alive(region));
  return shaped.map(({ region, stream, records }) => ({
    // The records themselves are let go before the database is waited for.
    parcel: { region, stream, size: records.length },
    page: shapePage(tableFor(region, stream.name).shape, records, erasedOf(region)),
  }));
}

/** Stores pages in the caller's transaction; regions whose tables refuse everything are noted in `failures`. */
export async function storePages(
  run: Run,
  client: Client,
  { pages, ...rest }: Pick<Work, 'way' | 'failures'> & { pages: readonly StorePage[] },
): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (const page of pages) stored.push(await storeParcel(run, client, { ...page, ...rest }));
  return stored;
}

const NOTHING: Stored = { inserted: 0, updated: 0, unchanged: 0, rejected: 0 };

interface Work extends StorePage {
  readonly way: Way;
  readonly failures: Map<Region, string>;
}

async function storeParcel(run: Run, client: Client, { parcel, page, way, failures }: Work): Promise<Stored> {
  const { region, stream } = parcel;
  if (failures.has(region)) return NOTHING;
  const table = tableFor(region, stream.name);
  if (run.options.dryRun) return await rehearse(client, table, page, stream);
  const origin: Origin = { runId: run.id, requestedAt: way.requestedAt, full: way.full };
  await client.query('savepoint region');
  try {
    const { refused, ...written } = await writeRows(client, table, page.rows, origin);
    const rejects = [...page.rejects, ...refused].map((reject) => withFacts(reject, stream));
    const rejected = await keepRejects(client, table, rejects, {
      ...origin,
      region: region.name,
      window: way.window,
    });
    if (way.late !== true && (await hasOpenRejects(client, table))) {
      const aside = new Set(rejects.map((reject) => reject.key));
      await closeStored(
        client,
        table,
        page.rows.map((row) => row.id).filter((id) => !aside.has(id)),
      );
    }
    await client.query('release savepoint region');
    return { ...written, rejected };
  } catch (error) {
    if (!isRegionsOwn(error)) throw error;
    await client.query('rollback to savepoint region');
    failures.set(region, `table of ${stream.name} in schema "${region.schema}": ${messageOf(error)}`);
    return NOTHING;
  }
}

async function rehearse(client: Client, table: Table, page: ShapedPage, stream: Stream): Promise<Stored> {
  const rejects = page.rejects.map((reject) => withFacts(reject, stream));
  const written = await rehearseRows(client, table, page.rows);
  await rehearseRejects(client, table, rejects);
  return { ...written, rejected: rejects.length };
}

/** SQLSTATE classes that say something of one region's tables: access rule, undefined or changed object, invalid schema. */
export const isRegionsOwn = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(42|3F)/.test(error.code);

/** The parcel and, behind it, the ones of the streams that live inside its records. */
function withNested(parcel: Parcel): Parcel[] {
  const inside = streams.filter((stream) => isNested(stream) && stream.from === parcel.stream.name);
  return [
    parcel,
    ...inside.map((stream) => ({
      region: parcel.region,
      stream,
      records: parcel.records.flatMap(([record]) => (isNested(stream) ? nestedRecords(stream, record) : [])),
    })),
  ];
}

function withFacts(reject: Reject, stream: Stream): RejectedRecord {
  const record = JSON.parse(reject.record) as Record<string, unknown> | null;
  const timed = isNested(stream) ? null : stream.timed;
  const text = (path: string | undefined) => {
    const value = path === undefined ? null : record?.[path];
    return typeof value === 'string' ? value : null;
  };
  return {
    ...reject,
    eventId: text('eventId'),
    createdAt: instantOf(record?.[timed?.created.path ?? 'createdAt']),
    state: text(timed?.state.param),
  };
}

function count({ region, stream, size }: ShapedParcel, stored: Stored): void {
  const tally = tallyFor(region, stream.name);
  tally.fetched += size;
  tally.inserted += stored.inserted;
  tally.updated += stored.updated;
  tally.unchanged += stored.unchanged;
}

/** Tells what became of a page. */
export function tellOf(
  { observe }: Pick<Run, 'observe'>,
  keyId: string,
  { parcel, page }: StorePage,
  outcome: Stored,
): void {
  const { region, stream, size } = parcel;
  observe({
    type: 'page',
    keyId,
    stream: stream.name,
    regions: [region.name],
    rows: size,
    ...outcome,
  });
  for (const { id, field, reason } of page.rejects)
    observe({ type: 'reject', region: region.name, stream: stream.name, id, field, reason });
}
