/** One of many processes that share a key: asks for pages until a request would have to wait, or until it has its number. */
import process from 'node:process';
import { DatabaseManager } from '../../dist/load/database.js';
import { sharedBudget } from '../../dist/load/budget.js';
import { VivenuHTTPClient } from '../../dist/source/client.js';
import { keyId } from '../../dist/config/config.js';

const { database, token, baseUrl, requestsPerHour, requests, maxWaitMs } = JSON.parse(process.argv[2]);

const db = await DatabaseManager.connect(database);
const client = new VivenuHTTPClient({
  token,
  baseUrl,
  requestsPerHour,
  maxWaitMs,
  maxInFlight: 2,
  books: sharedBudget(db, keyId(token, baseUrl)),
});
process.send('ready');
await new Promise((resolve) => process.once('message', resolve));

let [sent, refused] = [0, 0];
const worker = async () => {
  while (sent < requests && refused === 0) {
    sent++;
    await client.getTickets({ limit: 1 }).catch((error) => {
      if (!error.message.includes('HTTP_REQUESTS_PER_HOUR')) throw error;
      sent--;
      refused++;
    });
  }
};
await Promise.all([worker(), worker()]);
await client.close();
await db.close();
process.send({ sent });
process.disconnect();
