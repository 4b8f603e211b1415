import { useState } from 'preact/hooks';
import type { Person, Quality } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { age } from '../shell/format.js';
import { fetched, useNow, useSession } from '../shell/store.js';

interface TicketsProps {
  readonly answer: Quality;
  readonly after: string | null;
  readonly set: (more: Record<string, string | null>) => void;
}

/** The tickets themselves, a hundred at a time. */
export function Tickets({ answer, after, set }: TicketsProps) {
  const now = useNow();
  const note = answer.may_see_people
    ? 'each look at a person is noted in the log'
    : 'names and e-mails are for operators';
  return (
    <Card title="Tickets" note={note} wide>
      <table class="tickets">
        <thead>
          <tr>
            <th scope="col">Missing</th>
            <th scope="col">Event</th>
            <th scope="col">Division, day</th>
            <th scope="col">vivenu ticket id</th>
            <th scope="col">Sold</th>
            {answer.may_see_people && <th scope="col">Person</th>}
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <tr key={`${row.region} ${row.ticket_id} ${row.problem}`}>
              <td>
                {row.says}
                {row.detail !== null && <div class="quiet small">{row.detail}</div>}
              </td>
              <td>
                {row.event_name ?? row.event_id}
                <div class="quiet small">{row.region}</div>
              </td>
              <td>{[row.division, row.event_day].filter(Boolean).join(' · ') || '–'}</td>
              <td>
                <TicketId id={row.ticket_id} />
              </td>
              <td data-label="Sold">{row.since === null ? '–' : age(row.since, now)}</td>
              {answer.may_see_people && (
                <td>
                  <Someone region={row.region} ticket={row.ticket_id} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {(after !== null || answer.next !== null) && (
        <div class="segments">
          <button type="button" disabled={after === null} onClick={() => set({ after: null })}>
            First 100
          </button>
          <button type="button" disabled={answer.next === null} onClick={() => set({ after: answer.next })}>
            Next 100
          </button>
        </div>
      )}
    </Card>
  );
}

function TicketId({ id }: { readonly id: string }) {
  const [isCopied, setCopied] = useState(false);
  const address = useSession()?.ticket_url?.replace('{ticket_id}', encodeURIComponent(id));
  return (
    <span class="ticket-id">
      <code>{id}</code>{' '}
      <button
        type="button"
        class="more small"
        aria-label={`Copy ${id}`}
        onClick={() => void navigator.clipboard.writeText(id).then(() => setCopied(true))}
      >
        {isCopied ? 'copied' : 'copy'}
      </button>
      {address !== undefined && (
        <a href={address} target="_blank" rel="noreferrer">
          open
        </a>
      )}
    </span>
  );
}

/** Asked for one ticket at a time, and kept by nobody. */
function Someone({ region, ticket }: { readonly region: string; readonly ticket: string }) {
  const [person, setPerson] = useState<Person | string | null>(null);
  const look = () =>
    void fetched<Person>(`/people/${encodeURIComponent(region)}/${encodeURIComponent(ticket)}`)
      .then(setPerson)
      .catch((error: unknown) => setPerson(error instanceof Error ? error.message : String(error)));
  if (person === null)
    return (
      <button type="button" class="more small" onClick={look}>
        show
      </button>
    );
  if (typeof person === 'string') return <>{person}</>;
  return (
    <>{[person.name, person.email, person.birth_date].filter(Boolean).join(', ') || 'nothing is known'}</>
  );
}
