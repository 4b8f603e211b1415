import { useEffect, useMemo, useState } from 'preact/hooks';
import type { EventPage } from '../../../src/server/api/types.js';
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
  lastDays,
  localDate,
  valueAt,
  type By,
  type Curve,
  type Span,
} from './series.js';
import { Tools } from './Tools.js';

const RANGES = [
  { says: '2 weeks', days: 14 },
  { says: '60 days', days: 60 },
  { says: 'All', days: Infinity },
];

/** Sales over time: so far or a day each, any part of it, beside another event by days to start. */
export function Sales({ page }: { readonly page: EventPage }) {
  const { event, daily } = page;
  const { query } = useRoute();
  const by: By = query.get('by') === 'day' ? 'day' : 'total';
  const compared = query.get('compare');
  const set = (more: Record<string, string | null>) =>
    go(href(location.pathname, { ...Object.fromEntries(query), ...more }), { replace: true });
  const other = useAnswer<EventPage>(compared === null ? null : `/events/${compared}`).answer;
  const chart = useChart(page, by, other);
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
          <button type="button" aria-pressed={by === 'total'} onClick={() => set({ by: null })}>
            Running total
          </button>
          <button type="button" aria-pressed={by === 'day'} onClick={() => set({ by: 'day' })}>
            Per day
          </button>
        </div>
        <div class="segments" role="group" aria-label="Time">
          {RANGES.map(({ says, days }) => (
            <button key={says} type="button" onClick={() => chart.zoom(lastDays(chart.whole, days))}>
              {says}
            </button>
          ))}
        </div>
        <Compare page={page} value={compared} set={(value) => set({ compare: value })} />
      </div>
      <Chart {...chart} by={by} />
      <p class="small" aria-live="polite">
        {chart.caption}
      </p>
    </Card>
  );
}

function Compare({
  page,
  value,
  set,
}: {
  page: EventPage;
  value: string | null;
  set: (value: string | null) => void;
}) {
  if (page.comparable.length === 0 || page.event.starts_at === null) return null;
  return (
    <label class="compare">
      Compare with{' '}
      <select value={value ?? ''} onChange={(event) => set(event.currentTarget.value || null)}>
        <option value="">nothing</option>
        {page.comparable.map(({ region, event_id: id, name, starts_at: start }) => (
          <option key={`${region}/${id}`} value={`${encodeURIComponent(region)}/${encodeURIComponent(id)}`}>
            {name}, {start.slice(0, 7)}
          </option>
        ))}
      </select>
    </label>
  );
}

type ChartState = Omit<ChartProps, 'by'> & { readonly caption: string };

/** Everything that the chart draws, and what is said below it. */
function useChart({ event, daily, at }: EventPage, by: By, compared: EventPage | null): ChartState {
  const isCompared = compared?.event.starts_at != null && event.starts_at !== null;
  const startOf = ({ starts_at: start, zone }: EventPage['event']) =>
    isCompared && start !== null ? localDate(start, zone) : null;
  const own = useMemo(() => curveOf(daily, by, startOf(event)), [daily, by, isCompared]);
  const other = useMemo(
    () => (isCompared ? curveOf(compared.daily, by, startOf(compared.event)) : null),
    [compared, by, isCompared],
  );
  const whole: Span = useMemo(() => spanOf(own, other), [own, other]);
  const [span, zoom] = useState<Span>(whole);
  const [cursor, setCursor] = useState<number | null>(null);
  useEffect(() => zoom(whole), [isCompared, compared?.event.event_id]);
  const name = (x: number) => (isCompared ? toStart(x) : localDay(dateOf(x)));
  const today =
    dayNumber(localDate(at, event.zone)) - (startOf(event) === null ? 0 : dayNumber(startOf(event) ?? ''));
  const x = cursor ?? Math.min(today, own.x.at(-1) ?? today);
  const otherSays = other === null ? null : { name: compared?.event.name ?? '', value: valueAt(other, x) };
  return {
    ...{ own, other, whole, span, today, name, capacity: event.capacity, trigger: event.trigger },
    names: { own: event.name, other: compared?.event.name ?? '', trigger: event.trigger_name ?? 'trigger' },
    zoom,
    setCursor,
    move: (by) => zoom(changed(span, whole, by)),
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

const toStart = (x: number) =>
  x < 0
    ? `${whole(-x)} days before the start`
    : x === 0
      ? 'the first day'
      : `${whole(x)} days after the start`;
