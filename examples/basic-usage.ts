/** Basic usage: brings the events and tickets of one region into the database. */
import { closeLogging, EventsTicketsIngester, getConfig, setupLogging } from 'vivenu-ingest';

const config = getConfig();
setupLogging(config.logging);

const ingester = new EventsTicketsIngester(config);
const [configured] = config.events;
const result = await ingester.ingestData({
  token: configured?.token ?? '',
  eventId: '*', // or one id, or several divided by commas
  schema: 'auckland',
  region: 'auckland',
});

console.log(`success: ${result.success}`);
console.log(`${result.processed} records read, ${result.failed} set aside`);
for (const { step, status, seconds, error } of result.steps)
  console.log(`${step}: ${error ?? status}, ${seconds} s`);

await closeLogging();
process.exitCode = result.success ? 0 : 1;
