/** A process that stays up and runs as often as it is told to; it answers with the seconds of CPU that its runs took. */
import { getConfig } from '../src/config/config.js';
import { IngestOrchestrator } from '../src/library/ingest-orchestrator.js';

const orchestrator = new IngestOrchestrator(getConfig());

async function run(times: number): Promise<void> {
  const before = process.cpuUsage();
  for (let time = 1; time <= times; time += 1) {
    const { success } = await orchestrator.run();
    if (!success) throw new Error('the run is not complete');
  }
  const { user, system } = process.cpuUsage(before);
  process.send?.((user + system) / 1e6);
}

process.on('message', (times: number) => void run(times));
