import { keyId, type Config, type RegionConfig } from '../config/config.js';
import { scheduleText, timesAnHour } from '../config/schedule.js';
import { fewestRequests } from '../load/begun.js';
import type { Database } from '../load/client.js';
import { booksOf } from '../load/status.js';
import { findingsOf, type Finding } from '../sync/finding.js';
import type { Region } from '../sync/region.js';
import { isPlanned, type Planned } from './due.js';

/** What the schedules of a key ask of vivenu in the busiest hour, at most, when nothing changes. */
export interface Demand {
  readonly runs: number;
  readonly requestsEach: number;
  readonly requests: number;
}

const MINUTES = 60;
/** The list of events, what changed, and the proof; of a key that was never run. */
const REQUESTS_EACH = 5;

/** What the regions of one key ask for: a launch and all schedules that differ are taken to meet in one hour. */
export function demandOf(
  regions: readonly Planned[],
  requestsEach = REQUESTS_EACH,
  now = Date.now(),
): Demand {
  const schedules = regions.flatMap(({ schedule }) => schedule ?? []);
  const different = new Map(schedules.map((schedule) => [scheduleText(schedule), schedule]));
  const planned = [...different.values()].reduce((sum, schedule) => sum + timesAnHour(schedule), 0);
  const isLaunched = regions.some(({ launches }) => launches.some(({ to }) => to > now));
  const runs = isLaunched ? MINUTES : Math.min(MINUTES, planned);
  return { runs, requestsEach, requests: runs * requestsEach };
}

/** Whether the schedules of each region's key leave room in its hourly budget, by what its runs took lately. */
export async function checkSchedules(
  db: Database,
  { events, http }: Config,
  regions: readonly Region[],
): Promise<Finding[]> {
  const planned = regions.filter(({ config }) => isPlanned(config));
  if (planned.length === 0) return [];
  const known = (await booksOf(db)).exist ? await fewestRequests(db) : new Map<string, number>();
  return planned.map((region) => {
    const id = idOf(region.config);
    const shared = events.filter((config) => idOf(config) === id);
    const demand = demandOf(shared, known.get(id));
    const says = `${plan(region.config)}; ${demandText(demand)} of ${http.requestsPerHour.toLocaleString('en')}`;
    if (demand.requests <= http.requestsPerHour) return findingsOf(region)('ok', 'schedule', says);
    const mend =
      'run it less often (SCHEDULE, schedule, launch), or raise HTTP_REQUESTS_PER_HOUR where vivenu grants more';
    return findingsOf(region)('warn', 'schedule', `${says}: runs will wait for requests`, mend);
  });
}

const idOf = ({ token, baseUrl }: RegionConfig) => keyId(token, baseUrl);

function plan({ schedule, fullSchedule, launches }: Planned): string {
  return [
    ...(schedule === null ? [] : [`runs ${scheduleText(schedule)}`]),
    ...(fullSchedule === null ? [] : [`full ${scheduleText(fullSchedule)}`]),
    ...(launches.length === 0 ? [] : [`launches ${launches.map(launchText).join(', ')}`]),
  ].join(', ');
}

const launchText = ({ from, to }: Planned['launches'][number]) => `${minute(from)} to ${minute(to)} UTC`;

const minute = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

const demandText = ({ runs, requestsEach, requests }: Demand) =>
  `its key at most ${runs} times an hour with ${requestsEach} requests each when nothing changes, ${requests.toLocaleString('en')}`;
