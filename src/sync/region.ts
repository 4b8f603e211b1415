import type { Config, RegionConfig } from '../config/config.js';
import { withFields } from '../profile/profile.js';
import { loadErased } from '../load/erased.js';
import { createTables, probeTable, tableOf, type Table } from '../load/table.js';
import type { Observer } from '../observer.js';
import type { Erased } from '../streams/erased.js';
import { streams } from '../streams/index.js';
import { shapeOf } from '../streams/shape.js';
import type { Run } from './context.js';
import { rederive } from './rederive.js';
import { messageOf, noSummaries, Tally, type Summaries } from './tally.js';

/** A region during a run: where its rows go, which events are its own, what has been done for it. */
export interface Region {
  readonly config: RegionConfig;
  readonly name: string;
  readonly schema: string;
  readonly tables: ReadonlyMap<string, Table>;
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Configured events with their children, and events that stored rows name beside a configured root; null: all of the key. */
  events: Set<string> | null;
  /** Whose personal data was erased; null before that was looked up. */
  erased: Erased | null;
  readonly summaries: Summaries;
  /** Why nothing more is done for it. */
  error: string | undefined;
}

/** A region before anything was read for it. */
export function regionOf(config: RegionConfig, { sync }: Config): Region {
  const options = {
    storeBarcodes: sync.storeBarcodes,
    excludeFields: config.excludeFields,
    profile: withFields(config.profile, config.fields),
  };
  return {
    config,
    name: config.region,
    schema: config.schema,
    tables: new Map(streams.map((stream) => [stream.name, tableOf(config.schema, shapeOf(stream, options))])),
    tallies: new Map(streams.map((stream) => [stream.name, new Tally(stream.name)])),
    events: config.eventIds === null ? null : new Set(config.eventIds),
    erased: null,
    summaries: noSummaries(),
    error: undefined,
  };
}

/** Brings the region's tables to this version and mapping; a region whose schema cannot be made fails alone. */
export async function prepareRegion({ db, observe, options }: Run, region: Region): Promise<void> {
  try {
    const tables = [...region.tables.values()];
    await db.transaction((client) => createTables(client, region.schema, tables));
    region.erased = await loadErased(db, region);
    if (!options.dryRun) await rederive(db, region.tables, region.erased);
  } catch (error) {
    failRegion(region, `schema "${region.schema}" cannot be prepared: ${messageOf(error)}`, observe);
  }
}

/** Takes a region out of the rest of the run. */
export function failRegion(region: Region, error: string, observe: Observer): void {
  if (region.error !== undefined) return;
  region.error = error;
  observe({ type: 'region.failed', region: region.name, error });
}

/** Takes out every region of which a table cannot be read as it was prepared; returns whether there is one. */
export async function failBroken({ db, observe }: Run, regions: readonly Region[]): Promise<boolean> {
  for (const region of regions.filter(alive))
    for (const [stream, table] of region.tables)
      await probeTable(db, table).catch((error: unknown) => {
        failRegion(region, `table of ${stream} in schema "${region.schema}": ${messageOf(error)}`, observe);
      });
  return !regions.every(alive);
}

export const alive = (region: Region): boolean => region.error === undefined;

/** Whose personal data was erased. Throws when that was not looked up: nothing may be stored then. */
export function erasedOf({ name, erased }: Region): Erased {
  if (erased === null) throw new TypeError(`who was erased of region ${name} was not looked up`);
  return erased;
}

/** The region's table of a stream; every region has one for each. */
export function tableFor(region: Region, stream: string): Table {
  const table = region.tables.get(stream);
  if (table === undefined) throw new TypeError(`no stream is named ${stream}`);
  return table;
}

/** The region's tally of a stream; every region has one for each. */
export function tallyFor(region: Region, stream: string): Tally {
  const tally = region.tallies.get(stream);
  if (tally === undefined) throw new TypeError(`no stream is named ${stream}`);
  return tally;
}
