/** vivenu over HTTP: one client for each key, with pooled connections, retries, a request budget and a breaker built in. */
import { FatalError, getConfig, RetryableError, VivenuHTTPClient } from 'vivenu-ingest';

const [region] = getConfig().events;
if (region === undefined) throw new Error('no region is configured');

// Closed at the end of the block, however it is left.
await using client = new VivenuHTTPClient({
  token: region.token,
  baseUrl: region.baseUrl,
  onEvent: (event) => {
    if (event.type === 'retry') console.log(`again in ${event.delayMs} ms: ${event.reason}`);
  },
});

const events = await client.getEvents();
console.log(`${events.total ?? events.rows.length} events`);

// vivenu may give fewer rows than asked for: go on from where it stopped.
let read = 0;
for (let skip = 0, total = 1; skip < total;) {
  const page = await client.getTickets({ skip, limit: 1000, status: 'VALID,DETAILSREQUIRED' });
  total = page.total ?? 0;
  if (page.rows.length === 0) break;
  skip += page.rows.length;
  read = skip;
}
console.log(`${read} tickets that count as sold`);

const series = await client.getCouponSeries();
const coupons = await client.getCoupons({ skip: 0, limit: 100 });
console.log(`${series.rows.length} series, ${coupons.total ?? 0} coupons`);

// Errors are told apart by what to do next.
try {
  await client.getEvent('no-such-event');
} catch (error) {
  if (error instanceof FatalError) console.log(`asking again cannot help: ${error.status ?? 'no answer'}`);
  else if (error instanceof RetryableError) console.log('later, perhaps');
  else throw error;
}

console.log(`${client.stats.requests} requests, ${client.stats.retries} of them again`);
