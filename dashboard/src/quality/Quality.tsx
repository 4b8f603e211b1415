import { useState } from 'preact/hooks';
import type { Quality as Answer } from '../../../src/server/api/types.js';
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
  const file = (format: string) => {
    return href(`/api/v1/rows/data-quality.${format}`, { ...asked, after: null });
  };
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
              <span class="tools small">
                <a href={file('csv')} download>
                  csv
                </a>
                <a href={file('xlsx')} download>
                  xlsx
                </a>
              </span>
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
            </p>
            <Filters asked={asked} set={set} />
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
  readonly asked: Readonly<Record<string, string>>;
  readonly set: (more: Record<string, string | null>) => void;
}

function Filters({ asked, set }: FiltersProps) {
  const [id, setId] = useState(asked['ticket_id'] ?? '');
  return (
    <form
      class="segments"
      onSubmit={(event) => {
        event.preventDefault();
        set({ ticket_id: id.trim() || null });
      }}
    >
      <label>
        <span class="hidden-words">vivenu ticket id</span>
        <input
          type="search"
          placeholder="vivenu ticket id"
          value={id}
          onInput={(event) => setId(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Look up</button>
      {['region', 'event', 'ticket_id'].flatMap((name) => {
        const value = asked[name];
        return value === undefined
          ? []
          : [
              <button
                key={name}
                type="button"
                aria-label={`Remove ${name} ${value}`}
                onClick={() => set({ [name]: null })}
              >
                {value} ✕
              </button>,
            ];
      })}
    </form>
  );
}
