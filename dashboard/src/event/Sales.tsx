import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Comparable, EventPage, SalesSeries } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { go, href, useRoute } from '../shell/router.js';
import { localDay, signed, whole, zoneName } from '../shell/format.js';
import { useAnswer } from '../shell/store.js';
import { Chart, type ChartProps } from './Chart.js';
import {
  caption,
  changed,
  curveOf,
  dateOf,
  dayNumber,
  hourNumber,
  hourOf,
  hoursOf,
  lastDays,
  localDate,
  localHour,
  stepOf,
  valueAt,
  type By,
  type Curve,
  type Span,
} from './series.js';
import { Tools } from './Tools.js';

const BYS: readonly { readonly by: By; readonly says: string }[] = [
  { by: 'total', says: 'Running total' },
  { by: 'day', says: 'Per day' },
  { by: 'hour', says: 'Per hour, last 7 days' },
];

const HOURLY_DAYS = 7;

const addressOf = (region: string, id: string) =>
  `/events/${encodeURIComponent(region)}/${encodeURIComponent(id)}`;

/** The last days on which something was sold. */
function hoursAddress({ event, daily }: EventPage): string | null {
  const to = daily.at(-1)?.day;
  if (to === undefined) return null;
  const from = dateOf(dayNumber(to) - HOURLY_DAYS + 1);
  return href(`${addressOf(event.region, event.event_id)}/sales`, { by: 'hour', from, to });
}

const RANGES = [
  { says: '2 weeks', days: 14 },
  { says: '60 days', days: 60 },
  { says: 'All', days: Infinity },
];

/** Sales over time: so far or a day each, any part of it, beside another event by days to start. */
export function Sales({ page }: { readonly page: EventPage }) {
  const { event, daily } = page;
  const { query } = useRoute();
  const wanted = BYS.find(({ by }) => by === query.get('by'))?.by ?? 'total';
  const compared = query.get('compare');
  const set = (more: Record<string, string | null>) =>
    go(href(location.pathname, { ...Object.fromEntries(query), ...more }), { replace: true });
  const other = useAnswer<EventPage>(compared === null ? null : `/events/${compared}`).answer;
  const hourly = useAnswer<SalesSeries>(wanted === 'hour' ? hoursAddress(page) : null).answer;
  // Until they are there, the days are.
  const by: By = wanted === 'hour' && hourly === null ? 'day' : wanted;
  const chart = useChart(page, by, { compared: by === 'hour' ? null : other, hourly });
  if (daily.length < 2)
    return (
      <Card title="Sales over time" wide>
        <p class="quiet">
          {daily.length === 0 ? 'Nothing is sold yet.' : 'One day so far; a line needs two.'}
        </p>
      </Card>
    );
  return (
    <Card
      title="Sales over time"
      note={`by the calendar of ${zoneName(event.zone, page.at)}`}
      tools={<Tools report="sales-daily" of={event} />}
      wide
    >
      <div class="between wraps">
        <div class="segments" role="group" aria-label="Shown">
          {BYS.map((one) => (
            <button
              key={one.by}
              type="button"
              aria-pressed={wanted === one.by}
              onClick={() => set({ by: one.by === 'total' ? null : one.by })}
            >
              {one.says}
            </button>
          ))}
        </div>
        <div class="segments" role="group" aria-label="Time" hidden={by === 'hour'}>
          {RANGES.map(({ says, days }) => (
            <button key={says} type="button" onClick={() => chart.zoom(lastDays(chart.whole, days))}>
              {says}
            </button>
          ))}
        </div>
        {by !== 'hour' && <Compare page={page} value={compared} set={(value) => set({ compare: value })} />}
      </div>
      {chart.other !== null && <Legend names={chart.names} />}
      <Chart {...chart} by={by} />
      <p class="small" aria-live="polite">
        {chart.caption}
      </p>
    </Card>
  );
}

const Legend = ({ names: { own, other } }: Pick<ChartProps, 'names'>) => (
  <p class="legend small">
    <span class="colour-series-1">{own}</span>
    <span class="colour-series-2">{other}</span>
    <span class="quiet">by days to the start</span>
  </p>
);

function Compare({
  page,
  value,
  set,
}: {
  page: EventPage;
  value: string | null;
  set: (value: string | null) => void;
}) {
  const { region, event_id: id, starts_at: start } = page.event;
  const others = useAnswer<Comparable>(start === null ? null : `${addressOf(region, id)}/comparable`).answer;
  if (others === null || others.events.length === 0) return null;
  return (
    <label class="compare">
      Compare with{' '}
      <select value={value ?? ''} onChange={(event) => set(event.currentTarget.value || null)}>
        <option value="">nothing</option>
        {others.events.map((one) => (
          <option
            key={`${one.region}/${one.event_id}`}
            value={`${encodeURIComponent(one.region)}/${encodeURIComponent(one.event_id)}`}
          >
            {one.name}, {one.starts_at.slice(0, 7)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Beside {
  readonly compared: EventPage | null;
  readonly hourly: SalesSeries | null;
}

type ChartState = Omit<ChartProps, 'by'> & { readonly caption: string };

/** Everything that the chart draws, and what is said below it. */
function useChart({ event, daily, at }: EventPage, by: By, { compared, hourly }: Beside): ChartState {
  const isCompared = compared?.event.starts_at != null && event.starts_at !== null;
  const startOf = ({ starts_at: start, zone }: EventPage['event']) =>
    isCompared && start !== null ? localDate(start, zone) : null;
  const isHourly = by === 'hour';
  const own = useMemo(
    () => (isHourly ? hoursOf(hourly?.points ?? []) : curveOf(daily, by, startOf(event))),
    [daily, by, isCompared, hourly],
  );
  const other = useMemo(
    () => (isCompared ? curveOf(compared.daily, by, startOf(compared.event)) : null),
    [compared, by, isCompared],
  );
  const whole: Span = useMemo(() => spanOf(own, other), [own, other]);
  const [span, zoom] = useState<Span>(whole);
  const [cursor, setCursor] = useState<number | null>(null);
  useEffect(() => zoom(whole), [isCompared, compared?.event.event_id, isHourly]);
  const name = (x: number) => (isHourly ? hourName(x) : isCompared ? toStart(x) : localDay(dateOf(x)));
  const today = isHourly
    ? hourNumber(localHour(at, event.zone))
    : dayNumber(localDate(at, event.zone)) - (startOf(event) === null ? 0 : dayNumber(startOf(event) ?? ''));
  const x = cursor ?? Math.min(today, own.x.at(-1) ?? today);
  const otherSays = other === null ? null : { name: compared?.event.name ?? '', value: valueAt(other, x) };
  return {
    ...{ own, other, whole, span, today, name, capacity: event.capacity, trigger: event.trigger },
    names: { own: event.name, other: compared?.event.name ?? '', trigger: event.trigger_name ?? 'trigger' },
    zoom,
    setCursor,
    move: (how) => zoom(changed(span, whole, { ...how, step: stepOf(by) })),
    caption: caption(
      { label: `${name(x)}, ${event.name}`, own: valueAt(own, x), other: otherSays },
      n,
      signed,
    ),
  };
}

const n = whole;

function spanOf(own: Curve, other: Curve | null): Span {
  const all = [...own.x, ...(other?.x ?? [])];
  return { from: Math.min(...all), to: Math.max(...all) };
}

function hourName(x: number): string {
  const { day, clock } = hourOf(x);
  return `${localDay(day)} ${clock}`;
}

const toStart = (x: number) =>
  x < 0
    ? `${whole(-x)} days before the start`
    : x === 0
      ? 'the first day'
      : `${whole(x)} days after the start`;
