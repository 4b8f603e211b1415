/** The regions: EVENT_CONFIGS__<region>__<key>. */
import type { RegionConfig } from './config.js';
import { nearest } from '../nearest.js';
import { shown, type Settings } from './settings.js';
import { baseUrlProblem } from './url.js';
import { unsigned } from './webhooks.js';
import { DEFAULT_PROFILE, profileLoader } from './profiles.js';
import { eventIds, excluded, fields, paths, schema, type Problem } from './region-values.js';
import { readLaunches, readSchedule, type Read } from './schedule.js';

const PREFIX = /^event_configs__/i;

/** Every key of a region, with its default and meaning; null means that it may be left out. */
export const REGION_KEYS: Readonly<
  Record<string, { initial: string | null; meaning: string; required?: boolean; secret?: boolean }>
> = {
  token: { initial: null, meaning: 'the API key', required: true, secret: true },
  event_id: {
    initial: null,
    meaning: 'one event id, several divided by commas, or `*` for all of the key',
    required: true,
  },
  schema_name: { initial: 'the region', meaning: 'the PostgreSQL schema of the region' },
  base_url: { initial: 'EVENT_API_BASE_URL', meaning: 'where vivenu answers for this region' },
  exclude_fields: {
    initial: null,
    meaning: 'paths that are never stored, divided by commas, such as `email,extraFields.phone`',
  },
  'field_<column>': {
    initial: null,
    meaning: 'slug of the extra field that fills this column of the tickets',
  },
  profile: {
    initial: DEFAULT_PROFILE,
    meaning: '`generic`, `hyrox` or the path of a YAML file: what ticket names and extra fields mean',
  },
  coupon_codes: {
    initial: null,
    meaning:
      'CSV file of the coupon codes that were handed out (`Code,Category`), or several divided by commas',
  },
  webhook_key: {
    initial: null,
    meaning: 'the `hmacKey` of the listener; without it deliveries are refused',
    secret: true,
  },
  webhook_unsigned: {
    initial: 'false',
    meaning: 'whether deliveries are taken without a signature, of a listener that has no key',
  },
  schedule: { initial: 'SCHEDULE', meaning: 'when `serve` runs this region; `none`: not by itself' },
  full_schedule: {
    initial: 'FULL_SCHEDULE',
    meaning: 'when `serve` reads all of this region again; `none`: not by itself',
  },
  launch: {
    initial: null,
    meaning:
      'from when to when `serve` runs this region every minute, such as `TZ=Europe/Berlin 2026-12-01T10:00/PT4H`; several divided by commas',
  },
  max_capacity: { initial: null, meaning: 'places, for the views' },
  start_wave: { initial: null, meaning: 'size of a start wave, for the views' },
  price_tier: { initial: null, meaning: 'current price tier, for the views' },
  price_trigger: { initial: null, meaning: 'sold tickets at which the price moves, for the views' },
  locality: { initial: null, meaning: 'country of the region in two letters, for the views' },
};

/** What was given for one region: key in lower case to the variable's own name and text. */
interface Given {
  readonly region: string;
  readonly keys: Map<string, { name: string; text: string }>;
}

/** Reads every region; whatever is wrong is added to the problems. Relative paths, of profiles and lists, start from the directory. */
export function readRegions(
  env: Readonly<Record<string, string>>,
  settings: Settings,
  problems: string[],
  directory: string,
): RegionConfig[] {
  const files = { directory, profileOf: profileLoader(directory, problems) };
  const regions = [...group(env, problems).values()].map((given) =>
    readRegion(given, settings, problems, files),
  );
  twins(
    regions,
    (region) => region.region.toLowerCase(),
    (first, second) =>
      problems.push(`the regions ${first.region} and ${second.region} differ only in case: rename one`),
  );
  twins(
    regions,
    (region) => region.schema,
    (first, second) =>
      problems.push(
        `the regions ${first.region} and ${second.region} share the schema ${first.schema}: give each its own schema_name`,
      ),
  );
  const fallback = baseUrlProblem(settings.EVENT_API_BASE_URL, settings.HTTP_INSECURE_HOSTS);
  if (fallback !== null) problems.push(`EVENT_API_BASE_URL: ${fallback}`);
  return regions;
}

function group(env: Readonly<Record<string, string>>, problems: string[]): Map<string, Given> {
  const regions = new Map<string, Given>();
  for (const [name, text] of Object.entries(env)) {
    if (!PREFIX.test(name)) continue;
    const rest = name.replace(PREFIX, '');
    const cut = rest.indexOf('__');
    const region = cut < 0 ? rest : rest.slice(0, cut);
    const key = cut < 0 ? '' : rest.slice(cut + 2).toLowerCase();
    if (key === '' || !/^[\p{L}\p{M}\p{N}_.-]+$/u.test(region)) {
      problems.push(
        `${name}: expected EVENT_CONFIGS__<region>__<key>, the region in letters, digits, _ . or -`,
      );
      continue;
    }
    const given = regions.get(region) ?? { region, keys: new Map<string, { name: string; text: string }>() };
    regions.set(region, given);
    const twin = given.keys.get(key);
    if (twin !== undefined) problems.push(`${twin.name} and ${name} are the same setting: keep one`);
    else if (isKnown(key)) given.keys.set(key, { name, text });
    else problems.push(unknown(name, region, key));
  }
  return regions;
}

const isKnown = (key: string) => Object.hasOwn(REGION_KEYS, key) || /^field_./.test(key);

function unknown(name: string, region: string, key: string): string {
  const right = nearest(key, Object.keys(REGION_KEYS));
  const mend =
    right === null
      ? `the keys are ${Object.keys(REGION_KEYS).join(', ')}`
      : `did you mean EVENT_CONFIGS__${region}__${right}?`;
  return `${name} is not a setting of a region: ${mend}`;
}

function readRegion(
  given: Given,
  settings: Settings,
  problems: string[],
  { directory, profileOf }: { directory: string; profileOf: ReturnType<typeof profileLoader> },
): RegionConfig {
  const { problem, text, checked, number, planned } = reading(given, problems);
  for (const [key, { required, meaning }] of Object.entries(REGION_KEYS)) {
    if (required === true && !given.keys.has(key)) problem(key, `is missing: ${meaning}`);
  }
  const baseUrl = (text('base_url') ?? settings.EVENT_API_BASE_URL).replace(/\/+$/, '');
  const wrong = given.keys.has('base_url') ? baseUrlProblem(baseUrl, settings.HTTP_INSECURE_HOSTS) : null;
  if (wrong !== null) problem('base_url', wrong);
  const webhookKey = given.keys.get('webhook_key')?.text ?? null;
  return {
    region: given.region,
    token: checked('token', /^[\x21-\x7e]+$/, 'the API key without spaces and accents') ?? '',
    baseUrl,
    eventIds: eventIds(text('event_id'), problem),
    schema: schema(text('schema_name') ?? given.region, problem),
    excludeFields: excluded(text('exclude_fields'), problem),
    fields: fields(given.keys, problem),
    profile: profileOf(text('profile') ?? DEFAULT_PROFILE, (what) => problem('profile', what)),
    couponCodes: paths(text('coupon_codes'), directory, problem),
    webhookKey,
    webhookUnsigned: unsigned(text('webhook_unsigned'), webhookKey, (what) =>
      problem('webhook_unsigned', what),
    ),
    schedule: planned('schedule', readSchedule, settings.SCHEDULE),
    fullSchedule: planned('full_schedule', readSchedule, settings.FULL_SCHEDULE),
    launches: planned('launch', readLaunches, []),
    maxCapacity: number('max_capacity'),
    startWave: text('start_wave'),
    priceTier: text('price_tier'),
    priceTrigger: number('price_trigger'),
    locality: checked('locality', /^[a-z]{2}$/i, 'two letters, such as HK')?.toUpperCase() ?? null,
  };
}

function reading({ region, keys }: Given, problems: string[]) {
  const problem: Problem = (key, what) => {
    const name = keys.get(key)?.name ?? `EVENT_CONFIGS__${region}__${key}`;
    // A base URL may hold a password.
    const hide = REGION_KEYS[key]?.secret === true || key === 'base_url';
    problems.push(`${name}${shown(keys.get(key)?.text, hide)}: ${what}`);
  };
  const text = (key: string) => keys.get(key)?.text.trim() ?? null;
  const checked = (key: string, right: RegExp, expected: string) => {
    const value = text(key);
    if (value !== null && !right.test(value)) problem(key, `expected ${expected}`);
    return value;
  };
  const number = (key: string) => {
    const value = checked(key, /^0*[1-9]\d{0,8}$/, 'a whole number from 1 to 999999999');
    return value === null ? null : Number(value);
  };
  const planned = <T>(key: string, read: (value: string) => Read<T>, initial: T): T => {
    const value = text(key);
    const done = value === null ? { value: initial } : read(value);
    if ('value' in done) return done.value;
    problem(key, done.problem);
    return initial;
  };
  return { problem, text, checked, number, planned };
}

function twins(
  regions: readonly RegionConfig[],
  by: (region: RegionConfig) => string,
  found: (first: RegionConfig, second: RegionConfig) => void,
): void {
  const seen = new Map<string, RegionConfig>();
  for (const region of regions) {
    const first = seen.get(by(region));
    if (first === undefined) seen.set(by(region), region);
    else found(first, region);
  }
}
