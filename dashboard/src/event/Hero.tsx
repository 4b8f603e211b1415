import type { EventPage } from '../../../src/server/api/types.js';
import { Bullet } from '../parts/Bullet.js';
import { Chips } from '../parts/Chips.js';
import { Trust } from '../parts/Trust.js';
import { day, money, percent, roughly, signed, whenSays, whole, zoneName } from '../shell/format.js';
import { useNow } from '../shell/store.js';
import { downloadAddress } from './Tools.js';

/** With fewer counts a line through them says little. */
const ENOUGH = 3;

/** What the event is, and how it stands. */
export function Hero({ page: { event, trust, growth } }: { readonly page: EventPage }) {
  const { sold, capacity } = event;
  const left = capacity === null ? null : capacity - sold;
  return (
    <section class="card hero" aria-label="How it stands">
      <header>
        <div class="notes">
          <h1>{event.name}</h1>
          <When event={event} />
        </div>
        <Trust trust={trust} />
        <a class="download" href={downloadAddress('sales-summary', event, 'xlsx')} download>
          Summary (xlsx)
        </a>
      </header>
      <Chips attention={event.attention} />
      <dl class="figures">
        <div>
          <dt>Sold{capacity === null ? '' : ` of ${whole(capacity)}`}</dt>
          <dd>{whole(sold)}</dd>
        </div>
        <div>
          <dt>{left !== null && left < 0 ? 'Over' : 'Left'}</dt>
          <dd>{left === null ? '–' : whole(Math.abs(left))}</dd>
        </div>
        <div>
          <dt>Last hour</dt>
          <dd>{signed(event.last_hour)}</dd>
        </div>
        <div>
          <dt>Last 24 h</dt>
          <dd>{signed(event.last_day)}</dd>
        </div>
        <div>
          <dt>Paid</dt>
          <dd>{money(event.revenue, event.currency)}</dd>
        </div>
        {event.trigger !== null && <Trigger event={event} growth={growth} />}
      </dl>
      <Bullet sold={sold} capacity={capacity} trigger={event.trigger} />
      {capacity !== null && <p class="quiet small">{percent(sold / capacity)} of the capacity is sold.</p>}
    </section>
  );
}

function When({ event }: { readonly event: EventPage['event'] }) {
  const now = useNow();
  const { starts_at: start, ends_at: end, zone, location } = event;
  const [first, last] = [start, end].map((one) => (one === null ? null : day(one, zone)));
  const said = [
    last === null || last === first ? first : `${first} – ${last}`,
    location,
    whenSays(event, now),
    `times in ${zoneName(zone, start ?? new Date(now).toISOString())}`,
  ];
  return <p class="quiet">{said.filter((one) => one !== null).join(' · ')}</p>;
}

function Trigger({ event, growth }: Pick<EventPage, 'event' | 'growth'>) {
  const left = (event.trigger ?? 0) - event.sold;
  const rate = growth.find(
    ({ is_headline: is, points, minutes_to_trigger: m }) => is && points >= ENOUGH && m !== null,
  );
  const when =
    left <= 0
      ? 'passed'
      : rate?.minutes_to_trigger == null
        ? 'too few counts to say when'
        : `in ~${roughly(rate.minutes_to_trigger)}, by ${whole(rate.points)} counts of the last ${rate.horizon}`;
  return (
    <div>
      <dt>
        To {event.trigger_name ?? 'the trigger'} at {whole(event.trigger)}
      </dt>
      <dd>{left > 0 ? whole(left) : '0'}</dd>
      <dd class="words small quiet">{when}</dd>
    </div>
  );
}
