import type { EventPage } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { whole } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { href } from '../shell/router.js';
import { dayName, heatLevel, heatOf, leftSays } from './heat.js';
import { Tools } from './Tools.js';

/** Places left by division and day, the darker the fuller. */
export function Places({ divisions, event }: Pick<EventPage, 'divisions' | 'event'>) {
  const { days, rows } = heatOf(divisions);
  return (
    <Card
      title="Places left by division and day"
      note="below each: sold of capacity"
      tools={<Tools report="division-day-capacity" of={event} />}
      wide
    >
      {rows.length === 0 ? (
        <p class="quiet">No ticket type is known yet.</p>
      ) : (
        <div class="scrolls" role="region" aria-label="Places left, a table" tabIndex={0}>
          <table class="heat">
            <thead>
              <tr>
                <th scope="col">Division</th>
                {days.map((day) => (
                  <th key={day} scope="col" class="number">
                    {dayName(day)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ division, cells }) => (
                <tr key={division}>
                  <th scope="row">{division}</th>
                  {cells.map((cell, n) => (
                    <Cell key={days[n]} cell={cell} event={event} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Cell({
  cell,
  event,
}: { readonly cell: EventPage['divisions'][number] | null } & Pick<EventPage, 'event'>) {
  if (cell === null)
    return (
      <td class="number quiet">
        <span aria-label="not offered">–</span>
      </td>
    );
  const level = heatLevel(cell);
  const rows = href('/rows/division-day-capacity', {
    ...{ region: event.region, event: event.event_id, division: cell.division, event_day: cell.event_day },
  });
  return (
    <td class={`number heat-${level ?? 'none'}`}>
      <Link to={rows}>
        <strong>{leftSays(cell, whole)}</strong>
        {cell.capacity !== null && (
          <span class="small">
            {whole(cell.sold)}/{whole(cell.capacity)}
          </span>
        )}
      </Link>
    </td>
  );
}
