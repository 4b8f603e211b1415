import type { Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { Database } from '../load/client.js';
import { knownPlaces } from '../load/places.js';
import { tableOf } from '../load/table.js';
import { loadProfile, withFields } from '../profile/profile.js';
import { factsOf } from '../reports/facts.js';
import { streams } from '../streams/index.js';
import { shapeOf } from '../streams/shape.js';
import { chooseRegions } from './choose.js';
import type { ErasePlace } from './erase.js';
import type { Region } from './region.js';

/** Where somebody is erased: configured regions, and those that only the database still knows. */
export interface ErasePlaces {
  readonly configured: readonly Region[];
  readonly all: readonly ErasePlace[];
}

/** The regions of these names; null: all that are configured or were ever read. Throws a UsageError that names every unknown one. */
export async function choosePlaces(
  db: Database,
  config: Config,
  names: readonly string[] | null,
): Promise<ErasePlaces> {
  const own = new Set(config.events.map(({ schema }) => schema));
  const known = (await knownPlaces(db)).filter(({ schema }) => !own.has(schema));
  const forgotten = known.filter(({ name }) => names?.includes(name) ?? true);
  const named = names?.filter((name) => !forgotten.some((place) => place.name === name)) ?? null;
  const all = [...config.events.map(({ region }) => region), ...known.map(({ name }) => name)];
  if (config.events.length === 0 && named !== null && named.length > 0)
    throw new UsageError(named.map((name) => `--region ${name}: there are ${all.join(', ') || 'none'}`));
  const configured = chooseRegions(config, named);
  return { configured, all: [...configured.map(placeOf), ...forgotten.map(forgottenPlace)] };
}

const placeOf = ({ name, schema, tables, config }: Region): ErasePlace => ({
  name,
  schema,
  tables: [...tables.values()],
  facts: factsOf(config, withFields(config.profile, config.fields)),
});

/** Of a region that is not configured any more nothing but its tables is known; the columns of its profile are personal, whatever they are. */
const forgottenPlace = ({ name, schema }: Pick<ErasePlace, 'name' | 'schema'>): ErasePlace => {
  const options = { storeBarcodes: false, excludeFields: [], profile: loadProfile('generic') };
  const tables = streams.map((stream) => tableOf(schema, shapeOf(stream, options)));
  return { name, schema, tables, facts: null };
};
