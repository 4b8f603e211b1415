/** Batches: many items, a bounded number of batches at once, with statistics, progress and another try for what failed. */
import { BatchProcessor, DatabaseManager, getConfig } from 'vivenu-ingest';

const config = getConfig();
await using db = await DatabaseManager.connect(config.database);
await db.query('create table if not exists scans (code text primary key, gate int not null)');

/** Any iterable will do, an asynchronous one too: it is read no faster than the work gets on. */
function* scans(): Generator<{ code: string; gate: number }> {
  for (let number = 0; number < 25_000; number += 1) yield { code: `code-${number}`, gate: number % 4 };
}

let refusals = 1;
const batchProcessor = new BatchProcessor(config.batch);
const stats = await batchProcessor.processBatches(
  scans(),
  async (batch) => {
    if (refusals-- > 0) throw new Error('the first try of one batch goes wrong');
    await db.query(
      `insert into scans (code, gate)
       select * from unnest($1::text[], $2::int[])
       on conflict (code) do nothing`,
      [batch.map(({ code }) => code), batch.map(({ gate }) => gate)],
    );
  },
  {
    total: 25_000,
    retries: 2,
    retryDelayMs: 100,
    onProgress: ({ items, total, itemsPerSecond, secondsLeft }) => {
      console.log(
        `${items} of ${total ?? '?'}, ${Math.round(itemsPerSecond)}/s, ${secondsLeft ?? '?'} s left`,
      );
    },
  },
);

const { completed, failed, retried } = stats.batches;
console.log(`${completed} batches completed, ${failed} failed, ${retried} tried again`);
console.log(`${stats.items.processed} items, success rate ${stats.successRate}`);
for (const { index, error } of stats.failures) console.error(`batch ${index}:`, error);
