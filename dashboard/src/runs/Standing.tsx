import type { Runs } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { age, clock, OWN_ZONE, whole } from '../shell/format.js';
import { useNow } from '../shell/store.js';
import { Order } from './Order.js';

interface StandingProps {
  readonly runs: Runs;
  readonly isOperator: boolean;
  readonly reload: () => void;
}

/** Requests, deliveries, and the queue of the workers. */
export function Standing({ runs, isOperator, reload }: StandingProps) {
  const now = useNow();
  return (
    <div class="blocks">
      <Card title="Requests this hour" note="left of what a key may ask">
        {runs.budget.length === 0 && <p class="quiet">Nothing was asked yet.</p>}
        <ul>
          {runs.budget.map(({ key, regions, left, of, waits_until: until }) => (
            <li key={key}>
              {whole(left)} of {whole(of)} left{' '}
              <span class="quiet">
                for {regions.join(', ')} (key {key})
              </span>
              {until !== null && ` waits until ${clock(until, OWN_ZONE)}`}
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Webhooks" note="of the last 30 days">
        {runs.deliveries.length === 0 && <p class="quiet">No delivery has come.</p>}
        <ul>
          {runs.deliveries.map(({ region, open, failed, last_at: last }) => (
            <li key={region}>
              {region}: {open === 0 ? 'all worked off' : `${whole(open)} wait`}
              {failed > 0 && `, ${whole(failed)} could not be stored`}
              <span class="quiet">{last === null ? '' : `, last ${age(last, now)}`}</span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Queue">
        {runs.queue === null ? (
          <p class="quiet">No worker was ever started; serve does the work itself.</p>
        ) : (
          <p>
            {whole(runs.queue.waiting)} waiting, {whole(runs.queue.running)} running,{' '}
            {whole(runs.queue.workers)} workers
          </p>
        )}
        {isOperator && runs.dead.length > 0 && (
          <Order
            label={`Retry all ${runs.dead.length}`}
            path="/jobs/retry"
            body={{ ids: null }}
            after={reload}
          />
        )}
        <ul>
          {runs.dead.map(({ id, queue, regions, tries, failed_at: at, reason }) => (
            <li key={id}>
              <strong>{reason ?? 'failed'}</strong>{' '}
              <span class="quiet small">
                {queue} of {regions.join(', ')}, given up after {tries} tries, {age(at, now)}
              </span>{' '}
              {isOperator && <Order label="Retry" path="/jobs/retry" body={{ ids: [id] }} after={reload} />}
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
