import type { Runs } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { age, clock, OWN_ZONE, percent, span, whole } from '../shell/format.js';
import { useNow } from '../shell/store.js';
import { Order } from './Order.js';

/** What is being read now, and what is next. */
export function Running({ runs, isOperator }: { readonly runs: Runs; readonly isOperator: boolean }) {
  const now = useNow();
  const tools = isOperator && <Order label="Run now" path="/runs" body={{ regions: null, full: false }} />;
  return (
    <Card title="Running now" tools={tools}>
      {runs.running.length === 0 && <p class="quiet">No run is under way. {nextSays(runs, now)}</p>}
      {runs.running.map(({ run_id: id, started_at: at, regions, reads }) => (
        <div key={id} class="running">
          <h3>
            {regions.join(', ')} <span class="quiet">begun {age(at, now)}</span>
          </h3>
          <ul>
            {reads.map((read) => (
              <li key={`${read.region} ${read.stream}`}>
                <span>
                  {read.stream} of {read.region}, {read.kind}
                </span>{' '}
                <span class="number">
                  {whole(read.done)}
                  {read.expected !== null &&
                    ` of ${whole(read.expected)}, ${percent(read.done / Math.max(1, read.expected))}`}
                </span>
                {read.expected !== null && (
                  <progress
                    value={read.done}
                    max={Math.max(1, read.expected)}
                    aria-label={`${read.stream} of ${read.region}`}
                  />
                )}
                {read.says !== null && <span class="quiet"> {read.says}</span>}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Card>
  );
}

function nextSays({ next_scheduled: scheduled }: Runs, now: number): string {
  const [next] = scheduled.toSorted((a, b) => a.at.localeCompare(b.at));
  if (next === undefined) return 'None is scheduled: set SCHEDULE.';
  const wait = Date.parse(next.at) - now;
  return `Next: ${next.regions.join(', ')} at ${clock(next.at, OWN_ZONE)}${wait > 0 ? `, in ${span(wait)}` : ''}.`;
}
