import { useEffect, useRef, useState } from 'preact/hooks';
import type { Overview as Answer, OverviewRegion } from '../../../src/server/api/types.js';
import { Icon } from '../parts/Icon.js';
import { Failed, Loading } from '../parts/States.js';
import { clock, OWN_ZONE, signed, whole } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { eventAddress, href } from '../shell/router.js';
import { useAnswer } from '../shell/store.js';
import { held, matching } from './order.js';
import { RegionRows } from './RegionRows.js';
import './overview.css';

/** From so many regions on they can be looked for. */
const MANY = 12;

/** All regions: whether to believe them, how much is sold, and which need somebody. */
export function Overview() {
  const { answer, failed, at, reload } = useAnswer<Answer>('/overview');
  const shown = at === null ? null : clock(new Date(at).toISOString(), OWN_ZONE);
  return (
    <>
      <h1 class="hidden-words">Overview</h1>
      {failed !== null && <Failed says={failed} shown={shown} reload={reload} />}
      {answer !== null && <Verdict verdict={answer.verdict} />}
      {answer !== null && <Figures totals={answer.totals} />}
      {answer !== null ? <Regions regions={answer.regions} /> : failed === null && <Loading rows={8} />}
    </>
  );
}

const Verdict = ({ verdict: { tone, says, run_id: run } }: { readonly verdict: Answer['verdict'] }) => (
  <p class={`verdict is-${tone}`}>
    <Icon tone={tone} />
    <span>
      {says} {tone !== 'ok' && run !== null && <Link to={href('/runs', { run })}>See the run</Link>}
    </span>
  </p>
);

const Figures = ({ totals }: { readonly totals: Answer['totals'] }) => (
  <dl class="card figures">
    <div>
      <dt>Sold{totals.at_least && ', at least'}</dt>
      <dd>{whole(totals.sold)}</dd>
    </div>
    <div>
      <dt>Last hour</dt>
      <dd>{signed(totals.last_hour)}</dd>
    </div>
    <div>
      <dt>Last 24 h</dt>
      <dd>{signed(totals.last_day)}</dd>
    </div>
    <div>
      <dt>Next price trigger</dt>
      <dd class="words">
        {totals.next_trigger === null ? (
          <span class="quiet">none in sight</span>
        ) : (
          <Link to={eventAddress(totals.next_trigger)}>
            {totals.next_trigger.name}, {totals.next_trigger.says}
          </Link>
        )}
      </dd>
    </div>
    <div>
      <dt>Tickets that miss details</dt>
      <dd>
        <Link to="/quality">{whole(totals.problems)}</Link>
      </dd>
    </div>
  </dl>
);

function Regions({ regions }: { readonly regions: readonly OverviewRegion[] }) {
  const [filter, setFilter] = useState('');
  const [isHeld, setHeld] = useState(false);
  const order = useRef<readonly string[]>([]);
  const { rows, moved } = held(regions, isHeld ? order.current : []);
  if (!isHeld) order.current = regions.map(({ region }) => region);
  const found = matching(rows, filter);
  const isOver = ({ events }: OverviewRegion) => events.length > 0 && events.every((one) => one.is_over);
  const isUnread = ({ trust }: OverviewRegion) => trust.state === 'never_read';
  const sections = [
    { title: 'Needs attention', regions: found.filter(({ urgency }) => urgency > 0) },
    {
      title: 'On track',
      regions: found.filter((one) => one.urgency === 0 && !isUnread(one) && !isOver(one)),
    },
    { title: 'Never read', regions: found.filter(isUnread) },
    { title: 'Over', regions: found.filter((one) => one.urgency === 0 && isOver(one)) },
  ].filter(({ regions }) => regions.length > 0);
  return (
    <div
      class="regions"
      onPointerEnter={(event) => setHeld(event.pointerType === 'mouse')}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      {regions.length >= MANY && <Filter value={filter} set={setFilter} />}
      {moved > 0 && (
        <button type="button" class="small" onClick={() => setHeld(false)}>
          {moved} {moved === 1 ? 'row' : 'rows'} would move: reorder
        </button>
      )}
      {sections.map(({ title, regions }, n) => (
        <Table key={title} title={`${title} (${regions.length})`} regions={regions} isFirst={n === 0} />
      ))}
      {found.length === 0 && <p class="quiet">No region or event is called so.</p>}
    </div>
  );
}

function Filter({ value, set }: { readonly value: string; readonly set: (text: string) => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      box.current?.focus();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return (
    <label class="filter">
      <span class="hidden-words">Region or event</span>
      <input
        ref={box}
        type="search"
        placeholder="Region or event ( / )"
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

const Table = ({
  title,
  regions,
  isFirst,
}: {
  readonly title: string;
  readonly regions: readonly OverviewRegion[];
  readonly isFirst: boolean;
}) => (
  <section class="card" aria-label={title}>
    <header>
      <h2>{title}</h2>
      {isFirst && (
        <span class="notes quiet small">
          blue: sold; mark: price trigger; grey: capacity; hollow: today so far
        </span>
      )}
    </header>
    <table class="overview">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Sold of capacity</th>
          <th scope="col" class="number">
            Last hour
          </th>
          <th scope="col" class="number">
            Last 24 h
          </th>
          <th scope="col">14 days</th>
          <th scope="col">Trusted?</th>
        </tr>
      </thead>
      {regions.map((region) => (
        <RegionRows key={region.region} region={region} />
      ))}
    </table>
  </section>
);
