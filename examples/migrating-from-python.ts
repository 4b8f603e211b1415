/**
 * From the Python system: what stood there, and what stands here in its place.
 *
 * The data is taken over by `vivenu-ingest adopt`; this is about code that called it.
 */
import {
  closeLogging,
  EventsTicketsIngester,
  getConfig,
  IngestOrchestrator,
  setupLogging,
} from 'vivenu-ingest';

// load_dotenv()
// token = os.getenv('TOKEN')
const config = getConfig();
const token = config.events[0]?.token ?? '';

// from ingest_events_tickets import ingest_data
// await ingest_data(token, event_id, schema, region)
const ingester = new EventsTicketsIngester(config);
const one = await ingester.ingestData({ token, eventId: 'race', schema: 'auckland', region: 'auckland' });
console.log(`one region: ${one.success ? 'complete' : one.report.status}`);

// python scripts/run_ingest.py --debug, or: vivenu-ingest run --debug
setupLogging(config.logging, { debug: true });
await using orchestrator = new IngestOrchestrator(config);
const all = await orchestrator.run();
console.log(`all regions: ${all.success ? 'complete' : all.report.status}`);

// Tables are never dropped: a second run reads what changed, and writes nothing where nothing did.
const written = all.report.regions
  .flatMap(({ streams }) => streams)
  .filter(({ stream }) => stream === 'tickets')
  .reduce((sum, { inserted, updated }) => sum + inserted + updated, 0);
console.log(`tickets written again: ${written}`);
await closeLogging();
