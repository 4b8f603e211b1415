import type { Config, RegionConfig } from '../config/config.js';
import { readRegions } from '../config/regions.js';
import { readSettings } from '../config/settings.js';
import { UsageError } from '../errors.js';

/** A region as a caller names it. */
export interface RegionRequest {
  /** The API key. */
  readonly token: string;
  /** One event id, several divided by commas, or `*` for all of the key. */
  readonly eventId: string;
  /** Its name; what the configuration has under it (profile, custom columns …) goes for it too. */
  readonly region: string;
  /** PostgreSQL schema of its tables. @default that of the region in the configuration, or else its name */
  readonly schema?: string;
  /** Where vivenu answers. @default that of the region in the configuration, or else of the first one there, or else vivenu's own */
  readonly baseUrl?: string;
}

/** The configuration with this one region. Throws a UsageError that names every problem, as if the region had been configured. */
export function withRegion(config: Config, request: RegionRequest): Config {
  const { region: name } = request;
  const known = config.events.find(({ region }) => region === name);
  const problems: string[] = [];
  const given = readGiven(config, { ...request, ...defaultsOf(config, known, request) }, problems);
  const owner = config.events.find(({ region, schema }) => region !== name && schema === given?.schema);
  if (owner) problems.push(`the region ${owner.region} has the schema ${owner.schema}: give each its own`);
  if (given === undefined || problems.length > 0) throw new UsageError(problems);
  const { token, eventIds, schema, baseUrl } = given;
  return { ...config, events: [{ ...given, ...known, token, eventIds, schema, baseUrl }] };
}

function defaultsOf({ events }: Config, known: RegionConfig | undefined, { schema, baseUrl }: RegionRequest) {
  return { schema: schema ?? known?.schema, baseUrl: baseUrl ?? known?.baseUrl ?? events[0]?.baseUrl };
}

/** Reads a region by the rules of the configuration. */
function readGiven(
  { http }: Config,
  {
    region,
    token,
    eventId,
    schema,
    baseUrl,
  }: Omit<RegionRequest, 'schema' | 'baseUrl'> & ReturnType<typeof defaultsOf>,
  problems: string[],
): RegionConfig | undefined {
  const env: Record<string, string> = {};
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined) env[`EVENT_CONFIGS__${region}__${key}`] = value;
  };
  set('token', token);
  set('event_id', eventId);
  set('schema_name', schema);
  set('base_url', baseUrl);
  const settings = { ...readSettings({}, problems), HTTP_INSECURE_HOSTS: [...http.insecureHosts] };
  return readRegions(env, settings, problems, '')[0];
}
