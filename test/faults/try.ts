import { playCell } from './cell.js';
import { cellsOf } from './faults.js';
import { PostgresServer } from './server.js';
await using server = await PostgresServer.start();
for (const only of process.argv.slice(2))
  for (const { fault, phase } of cellsOf(only)) {
    const t = performance.now();
    try {
      console.log(
        JSON.stringify(await playCell(server, fault, phase)),
        ((performance.now() - t) / 1000).toFixed(1),
      );
    } catch (e) {
      console.log(fault.name, phase, String(e).slice(0, 600));
    }
  }
