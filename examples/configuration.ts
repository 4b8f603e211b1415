/** The configuration: environment and `.env`, read once, checked whole, frozen. */
import { getConfig, UsageError, VARIABLES } from 'vivenu-ingest';

const config = getConfig();
console.log(`database: ${config.database.kind === 'server' ? config.database.host : 'embedded'}`);
console.log(`batches of ${config.batch.size}, ${config.batch.maxWorkers} at once`);
console.log(`answers within ${config.http.timeoutMs} ms, ${config.http.retries} further tries`);
for (const { region, schema, eventIds, profile } of config.events)
  console.log(`${region}: schema ${schema}, ${eventIds?.length ?? 'all'} events, profile ${profile.name}`);

// Whatever is wrong is said at once, with the nearest right name.
try {
  getConfig({
    envFile: null,
    env: {
      BATCH_SIZE: '0',
      HTTP_RETRYS: '3',
      EVENT_CONFIGS__auckland__token: 'key_made_up',
      EVENT_CONFIGS__auckland__event: 'race',
    },
  });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  for (const problem of error.problems) console.log(`- ${problem}`);
}

console.log(`${VARIABLES.length} variables are known`);
