import type { VivenuHTTPClient } from '../source/client.js';
import type { ListStream, Timed } from '../streams/define.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { findingsOf, partsOf, statusOf, type Finding } from './finding.js';
import { scopesOf } from './plan.js';
import type { Region } from './region.js';
import { withChildren, type SeenEvent, type SeenEvents } from './seen-events.js';

/** Events that are told one by one, at most. */
const MAX_TOLD = 8;
/** Events that are named when the configured one is not seen. */
const MAX_NAMED = 4;

/** Whether a key sees each event that a region names. */
export function checkEvents(region: Region, seen: SeenEvents): Finding[] {
  const finding = findingsOf(region);
  const { eventIds } = region.config;
  const roots = [...seen.events.values()].sort(
    (a, b) => Number(a.rootId !== null) - Number(b.rootId !== null),
  );
  const named = roots.slice(0, MAX_NAMED).map(({ id, name }) => `${id} (${name})`);
  const more = seen.total > named.length ? `, and ${seen.total - named.length} more` : '';
  if (eventIds === null) {
    if (seen.total > 0) return [finding('ok', 'event', `all of the key: ${named.join(', ')}${more}`)];
    return [
      finding('warn', 'event', 'the key sees no event at all', 'check that the token is of the right seller'),
    ];
  }
  const visible = eventIds.flatMap((id) => seen.events.get(id) ?? []);
  const told = visible.slice(0, MAX_TOLD).map((event) => finding('ok', 'event', describe(event, seen)));
  const rest = visible.length - told.length;
  const sees = seen.total === 0 ? 'it sees none at all' : `it sees ${named.join(', ')}${more}`;
  const mend = `correct EVENT_CONFIGS__${region.name}__event_id, or use a token of the seller of that event`;
  return [
    ...told,
    ...(rest > 0 ? [finding('ok', 'event', `${rest} more, all visible`)] : []),
    ...eventIds
      .filter((id) => !seen.events.has(id))
      .map((id) => finding('fail', 'event', `${id} is not visible to this key; ${sees}`, mend)),
  ];
}

function describe({ id, name, start, capacity }: SeenEvent, seen: SeenEvents): string {
  const children = withChildren(seen, [id]).length - 1;
  const facts = [
    start === null ? 'no start date' : `starts ${start.slice(0, 10)}`,
    capacity === null ? 'no capacity set' : `capacity ${capacity.toLocaleString('en')}`,
    ...(children > 0 ? [`${children} child event${children === 1 ? '' : 's'}`] : []),
  ];
  return `${id} ${name}: ${facts.join(', ')}`;
}

const TIMED = streams.filter(
  (stream): stream is ListStream & { timed: Timed } => !isNested(stream) && stream.timed !== null,
);

/** Whether the tickets of a region's events can be read, and how many vivenu lists. */
export async function checkTickets(
  client: VivenuHTTPClient,
  region: Region,
  seen: SeenEvents,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const events = region.config.eventIds === null ? ['*'] : withChildren(seen, region.config.eventIds);
  for (const stream of events.length > 0 ? TIMED : []) {
    const finding = findingsOf(region);
    try {
      let total = 0;
      for (const scope of scopesOf(
        stream,
        events.map((eventId) => ({ eventId })),
      )) {
        const { path, items, timed } = stream;
        const params = scope === null ? {} : { [timed.scope.param]: scope.join(',') };
        total += (await client.list({ path, items, params, skip: 0, top: 1 })).total ?? 0;
      }
      findings.push(finding('ok', 'tickets', `${total.toLocaleString('en')} readable`));
    } catch (error) {
      const { says, mend } = partsOf(error, region);
      const limited = statusOf(error) === 429;
      findings.push(finding(limited ? 'warn' : 'fail', 'tickets', says, mend ?? 'try again'));
    }
  }
  return findings;
}
