import type { EventPage } from '../../../src/server/api/types.js';
import { Bars } from '../parts/Bars.js';
import { Card } from '../parts/Card.js';
import { age, money, whole } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { href } from '../shell/router.js';
import { useNow } from '../shell/store.js';
import { Tools } from './Tools.js';
import { Topics } from './Topics.js';

const share = (count: number, of: number | null) => (of === null || of === 0 ? null : (100 * count) / of);

/** The blocks below the curve, each with the way to its rows. */
export const Blocks = ({ page }: { readonly page: EventPage }) => (
  <div class="blocks">
    <Card title="Groups" tools={<Tools report="sales-summary" of={page.event} />}>
      <Bars
        items={page.groups.map(({ group, sold, capacity }) => ({
          label: group.replaceAll('_', ' '),
          count: sold,
          percent: share(sold, capacity),
          ...(capacity === null ? {} : { note: `${whole(sold)} of ${whole(capacity)}` }),
        }))}
      />
    </Card>
    <TicketTypes page={page} />
    <Contingents page={page} />
    <Coupons page={page} />
    <Topics title="Who comes" report="audience-profile" topics={page.audience} event={page.event} />
    <Topics title="Ages" report="age-groups" topics={page.ages} event={page.event} />
    <Card title="Add-ons" note="pieces to hand out" tools={<Tools report="addons" of={page.event} />}>
      {page.addons.length === 0 ? (
        <p class="quiet">No add-on is sold.</p>
      ) : (
        <Bars items={page.addons.map(({ name, sold }) => ({ label: name, count: sold, percent: null }))} />
      )}
    </Card>
    <Missing page={page} />
  </div>
);

const TicketTypes = ({ page: { ticket_types: types, event } }: { readonly page: EventPage }) => (
  <Card title="Ticket types" tools={<Tools report="ticket-types" of={event} />}>
    {types.length === 0 ? (
      <p class="quiet">No ticket type is known yet.</p>
    ) : (
      <div class="scrolls tall" role="region" aria-label="Ticket types, a table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col" class="number">
                Price
              </th>
              <th scope="col" class="number">
                Sold
              </th>
            </tr>
          </thead>
          <tbody>
            {types.map(({ id, name, price, sold, amount, active }) => (
              <tr key={id}>
                <td>
                  {name} {active === false && <span class="chip">not on sale</span>}
                  {active === null && <span class="chip">no longer there</span>}
                </td>
                <td class="number">{money(price, event.currency)}</td>
                <td class="number">
                  {whole(sold)}
                  {amount !== null && <span class="quiet"> of {whole(amount)}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Card>
);

const Contingents = ({ page: { contingents, event } }: { readonly page: EventPage }) => (
  <Card
    title="Partner contingents"
    note="nearest to full first"
    tools={<Tools report="under-shop-usage" of={event} />}
  >
    {contingents.length === 0 ? (
      <p class="quiet">No partner shops.</p>
    ) : (
      <div class="scrolls tall" role="region" aria-label="Partner contingents, a list" tabIndex={0}>
        <Bars
          items={contingents.map(({ name, sold, capacity, active }) => ({
            label: active === false ? `${name} (not on sale)` : name,
            count: sold,
            percent: share(sold, capacity),
            note: capacity === null ? `${whole(sold)}, no limit` : `${whole(sold)} of ${whole(capacity)}`,
            muted: active === false,
          }))}
        />
      </div>
    )}
  </Card>
);

function Coupons({ page: { coupons, event } }: { readonly page: EventPage }) {
  const now = useNow();
  const { series, has_list: hasList, leaked, read_at: read } = coupons;
  return (
    <Card
      title="Coupons"
      note={`of the seller, all events${read === null ? '' : `; read ${age(read, now)}`}`}
      tools={<Tools report="coupon-usage" of={{ region: event.region, event_id: null }} />}
    >
      {series.length === 0 ? (
        <p class="quiet">No coupon is good for this event.</p>
      ) : (
        <>
          <Bars
            items={series.map(({ name, used, total }) => ({
              label: name,
              count: used,
              percent: share(used, total),
              note: `${whole(used)} of ${whole(total)} used`,
            }))}
          />
          <p class="quiet">
            {hasList ? (
              <Link to={href('/rows/coupon-leaks', { region: event.region })}>
                {leaked === 0 ? 'None leaked' : `${whole(leaked)} leaked: used, and handed out to nobody`}
              </Link>
            ) : (
              'Load a list of the codes that were handed out to see which leaked.'
            )}
          </p>
        </>
      )}
    </Card>
  );
}

const Missing = ({ page: { problems, event } }: { readonly page: EventPage }) => (
  <Card title="Missing details" tools={<Tools report="data-quality" of={event} />}>
    {problems.length === 0 ? (
      <p class="quiet">Nothing missing.</p>
    ) : (
      <ul>
        {problems.map(({ problem, says, tickets }) => (
          <li key={problem} class="between">
            <Link to={href('/quality', { region: event.region, event: event.event_id, problem })}>
              {says}
            </Link>
            <span class="number">{whole(tickets)}</span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);
