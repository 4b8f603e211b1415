import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { OverviewEvent, OverviewRegion } from '../../../src/server/api/types.js';
import { Bullet } from '../parts/Bullet.js';
import { Chips } from '../parts/Chips.js';
import { Sparkline } from '../parts/Sparkline.js';
import { Trust } from '../parts/Trust.js';
import { day, signed, whenSays, whole } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { useNow } from '../shell/store.js';
import { eventAddress } from '../shell/router.js';

/** A region: its one event, or its sum and its events below it. */
export function RegionRows({ region }: { readonly region: OverviewRegion }) {
  const [isOpen, setOpen] = useState(false);
  const [only, ...others] = region.events;
  const trust = <Trust trust={region.trust} />;
  if (others.length === 0)
    return (
      <tbody>
        <Row
          name={only === undefined ? region.region : <EventName event={only} />}
          note={only === undefined ? nothingSays(region) : <Start event={only} region={region.region} />}
          attention={region.attention}
          of={only ?? null}
          trust={trust}
        />
      </tbody>
    );
  const more = (
    <button type="button" class="more" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
      {region.events.length} events
    </button>
  );
  return (
    <tbody>
      <Row
        name={region.region}
        note={more}
        attention={region.attention}
        of={{ ...region, trigger: null }}
        trust={trust}
      />
      {isOpen &&
        region.events.map((event) => (
          <Row
            key={event.event_id}
            isChild
            name={<EventName event={event} />}
            note={<Start event={event} region={null} />}
            attention={event.attention}
            of={event}
            trust={null}
          />
        ))}
    </tbody>
  );
}

const nothingSays = ({ trust: { state } }: OverviewRegion) =>
  state === 'incomplete' ? 'its figures cannot be shown now' : 'nothing is stored yet';

const EventName = ({ event }: { readonly event: OverviewEvent }) => (
  <Link to={eventAddress(event)}>{event.name}</Link>
);

function Start({ event, region }: { readonly event: OverviewEvent; readonly region: string | null }) {
  const now = useNow();
  const { starts_at: start, zone } = event;
  const when = `${start === null ? '' : `${day(start, zone)} · `}${whenSays(event, now)}`;
  return <>{region === null || region === event.name ? when : `${region} · ${when}`}</>;
}

interface RowProps {
  readonly name: ComponentChildren;
  readonly note: ComponentChildren;
  readonly attention: OverviewRegion['attention'];
  /** Null where nothing is known: a 0 would say that nothing was sold. */
  readonly of: Pick<
    OverviewEvent,
    'sold' | 'capacity' | 'last_hour' | 'last_day' | 'days' | 'trigger'
  > | null;
  readonly trust: ComponentChildren;
  readonly isChild?: boolean;
}

const Row = ({ name, note, attention, of, trust, isChild }: RowProps) => (
  <tr class={isChild ? 'child' : undefined}>
    <th scope="row">
      <span class="name">{name}</span> <Chips attention={attention} />
      <div class="quiet small">{note}</div>
    </th>
    {of === null ? <NoFigures /> : <Figures of={of} />}
    <td class="trusted">{trust}</td>
  </tr>
);

const Figures = ({ of }: { readonly of: NonNullable<RowProps['of']> }) => (
  <>
    <td data-label="Sold">
      <SoldOf sold={of.sold} capacity={of.capacity} />
      <Bullet sold={of.sold} capacity={of.capacity} trigger={of.trigger} />
    </td>
    <td class="number" data-label="Last hour">
      <span key={of.last_hour} class={of.last_hour === 0 ? 'quiet' : 'changed'}>
        {signed(of.last_hour)}
      </span>
    </td>
    <td class="number" data-label="Last 24 h">
      <span class={of.last_day === 0 ? 'quiet' : undefined}>{signed(of.last_day)}</span>
    </td>
    <td class="days">
      <Sparkline days={of.days} />
    </td>
  </>
);

const NoFigures = () => (
  <>
    <td data-label="Sold" class="quiet">
      –
    </td>
    <td class="number quiet" data-label="Last hour">
      –
    </td>
    <td class="number quiet" data-label="Last 24 h">
      –
    </td>
    <td class="days" />
  </>
);

function SoldOf({ sold, capacity }: { readonly sold: number; readonly capacity: number | null }) {
  const left = capacity === null ? null : capacity - sold;
  return (
    <div class="sold">
      <span key={sold} class="changed">
        <strong>{whole(sold)}</strong> {capacity === null ? 'sold' : `of ${whole(capacity)}`}
      </span>
      <span class="quiet">
        {left === null
          ? 'no capacity set'
          : left < 0
            ? `${whole(-left)} over`
            : left === 0
              ? 'full'
              : `${whole(left)} left`}
      </span>
    </div>
  );
}
