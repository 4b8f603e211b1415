import type { Config } from '../config/config.js';
import type { Database } from '../load/client.js';
import { openRejectsByStream } from '../load/rejects.js';
import { provenTimes } from '../load/standing.js';
import type { Standing } from '../metrics/metrics.js';
import { streams } from '../streams/index.js';

/** How every stream of every configured region stands, for the figures; asks the database only. Throws what it says before the first run. */
export async function standingOfAll(db: Database, { events: regions }: Config): Promise<Standing[]> {
  const names = streams.map(({ name }) => name);
  const schemas = regions.map(({ schema }) => schema);
  const proven = await provenTimes(db, [...new Set(schemas)], names);
  const standings: Standing[] = [];
  for (const { region, schema } of regions) {
    const rejects = await openRejectsByStream(db, schema);
    for (const stream of names) {
      const found = proven.find((one) => one.schema === schema && one.stream === stream);
      standings.push({
        region,
        stream,
        provenAt: found?.provenAt ?? null,
        rejectsOpen: rejects.get(stream) ?? 0,
      });
    }
  }
  return standings;
}
