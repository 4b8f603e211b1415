/** The orchestrator: every region in one run, each step followed, ended in good order by a signal. */
import { BusyError, closeLogging, getConfig, IngestOrchestrator, setupLogging } from 'vivenu-ingest';

const config = getConfig();
const logger = setupLogging(config.logging);

const orchestrator = new IngestOrchestrator(config, {
  observe: (event) => {
    if (event.type === 'page') logger.debug(event, 'page stored');
    if (event.type === 'proof')
      console.log(`${event.stream}: vivenu counts ${event.api}, stored ${event.stored}`);
  },
});
// What is under way is stored; the next run goes on from there.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void orchestrator.shutdown());

try {
  const { success, steps, report } = await orchestrator.run();
  for (const { region, step, status, seconds, error } of steps)
    console.log(`${region} ${step}: ${status}${error === undefined ? '' : `, ${error}`} (${seconds} s)`);
  console.log(`run ${report.run_id} took ${report.requests} requests: ${report.status}`);
  process.exitCode = success ? 0 : 1;
} catch (error) {
  if (!(error instanceof BusyError)) throw error;
  console.log(error.message);
  process.exitCode = 3;
}
await closeLogging();
