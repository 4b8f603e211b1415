/** Logs: JSON lines in files that are rotated by size, with context, without secrets. */
import { closeLogging, getConfig, getLogger, setupLogging } from 'vivenu-ingest';

const config = getConfig();
setupLogging(config.logging);

const logger = getLogger('box-office');
logger.info({ tickets: 1000, gate: 'north' }, 'gate opened');

// Everything that this one logs names the region and the event.
const context = logger.child({ region: 'auckland', event: 'race' });
context.warn({ left: 12 }, 'nearly sold out');

// The keys of the configuration do not get into a log.
context.error({ err: new Error(`refused: Bearer ${config.events[0]?.token ?? ''}`) }, 'no answer');

await closeLogging();
