import { useState } from 'preact/hooks';
import type { Quality as Answer } from '../../../src/server/api/types.js';
import { Files } from '../parts/Files.js';
import { Failed, Loading } from '../parts/States.js';
import { clock, OWN_ZONE, whole } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { go, href, useRoute } from '../shell/router.js';
import { useAnswer } from '../shell/store.js';
import { Tickets } from './Tickets.js';
import './quality.css';

/** Which tickets need somebody before the event, and why; ids alone, for who works on them in vivenu. */
export function Quality() {
  const { query } = useRoute();
  const asked = Object.fromEntries(query);
  const { answer, failed, at, reload } = useAnswer<Answer>(href('/quality', asked));
  const shown = at === null ? null : clock(new Date(at).toISOString(), OWN_ZONE);
  const set = (more: Record<string, string | null>) =>
    go(href('/quality', { ...asked, after: null, ...more }));
  const { search, ...filters } = asked;
  const file = (format: string) => href(`/api/v1/rows/data-quality.${format}`, { ...filters, after: null });
  return (
    <>
      {failed !== null && <Failed says={failed} shown={shown} reload={reload} />}
      {answer === null ? (
        failed === null && <Loading rows={8} />
      ) : (
        <>
          <section class="card" aria-label="Data quality">
            <header>
              <h1 class="notes">
                {answer.at_least && 'At least '}
                {whole(answer.tickets)} {answer.tickets === 1 ? 'ticket needs' : 'tickets need'} someone
              </h1>
              {search === undefined && (
                <span class="tools small">
                  <Files at={file} />
                </span>
              )}
            </header>
            <p class="quiet">
              {answer.trust_says}
              {answer.set_aside > 0 && (
                <>
                  {' '}
                  <Link to="/runs">{whole(answer.set_aside)} records were set aside</Link> and are not among
                  these.
                </>
              )}
              {answer.over > 0 && (
                <> {whole(answer.over)} more are of events that are over: choose one, or take the file.</>
              )}
            </p>
            <Filters answer={answer} asked={asked} set={set} />
            {answer.kinds.length === 0 ? (
              <p class="quiet">Nothing is missing here.</p>
            ) : (
              <Kinds
                kinds={answer.kinds}
                chosen={asked['problem'] ?? null}
                choose={(problem) => set({ problem })}
              />
            )}
          </section>
          {answer.rows.length > 0 && <Tickets answer={answer} after={asked['after'] ?? null} set={set} />}
        </>
      )}
    </>
  );
}

interface KindsProps {
  readonly kinds: Answer['kinds'];
  readonly chosen: string | null;
  readonly choose: (problem: string | null) => void;
}

const Kinds = ({ kinds, chosen, choose }: KindsProps) => (
  <div class="segments" role="group" aria-label="Kinds">
    {kinds.map(({ problem, says, tickets }) => (
      <button
        key={problem}
        type="button"
        aria-pressed={chosen === problem}
        onClick={() => choose(chosen === problem ? null : problem)}
      >
        {says} {whole(tickets)}
      </button>
    ))}
  </div>
);

interface FiltersProps {
  readonly answer: Answer;
  readonly asked: Readonly<Record<string, string>>;
  readonly set: (more: Record<string, string | null>) => void;
}

const Filters = ({ answer, asked, set }: FiltersProps) => (
  <div class="segments">
    <Search key={asked['search']} asked={asked['search'] ?? ''} search={(search) => set({ search })} />
    <Choice
      label="Region"
      all="All regions"
      chosen={asked['region']}
      choices={answer.regions.map(({ region, tickets }) => ({ id: region, name: region, tickets }))}
      choose={(region) => set({ region, event: null })}
    />
    {asked['region'] !== undefined && (
      <Choice
        label="Event"
        all="All its events"
        chosen={asked['event']}
        choices={answer.events.map(({ event_id: id, name, tickets }) => ({ id, name, tickets }))}
        choose={(event) => set({ event })}
      />
    )}
  </div>
);

interface ChoiceProps {
  readonly label: string;
  /** What no choice is called. */
  readonly all: string;
  readonly chosen: string | undefined;
  readonly choices: readonly { readonly id: string; readonly name: string; readonly tickets: number }[];
  readonly choose: (id: string | null) => void;
}

/** What is chosen can be told though it is not among the choices any more. */
function Choice({ label, all, chosen, choices, choose }: ChoiceProps) {
  const isListed = chosen === undefined || choices.some(({ id }) => id === chosen);
  return (
    <label>
      <span class="hidden-words">{label}</span>
      <select value={chosen ?? ''} onChange={(event) => choose(event.currentTarget.value || null)}>
        <option value="">{all}</option>
        {!isListed && <option value={chosen}>{chosen}</option>}
        {choices.map(({ id, name, tickets }) => (
          <option key={id} value={id}>
            {name} ({whole(tickets)})
          </option>
        ))}
      </select>
    </label>
  );
}

/** Fewer characters say nothing. */
const LEAST = 4;

interface SearchProps {
  readonly asked: string;
  readonly search: (id: string | null) => void;
}

function Search({ asked, search }: SearchProps) {
  const [id, setId] = useState(asked);
  return (
    <form
      class="segments"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(id.trim() || null);
      }}
    >
      <label>
        <span class="hidden-words">Beginning of a vivenu ticket or order id</span>
        <input
          type="search"
          minLength={LEAST}
          placeholder="ticket or order id"
          value={id}
          onInput={(event) => setId(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Look up</button>
      {asked !== '' && (
        <button type="button" aria-label={`Remove ${asked}`} onClick={() => search(null)}>
          {asked} ✕
        </button>
      )}
    </form>
  );
}
