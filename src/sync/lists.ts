import { createHash } from 'node:crypto';
import { RetryableError } from '../errors.js';
import { beginRead, endRead, loadCursors, noteProof, type Cursor } from '../load/cursors.js';
import { liveRows, unlistedRows } from '../load/counts.js';
import { rehearsedOf } from '../load/rehearsed.js';
import { closeUnseen, openRejects } from '../load/rejects.js';
import { asRequest } from '../purpose.js';
import type { ListStream } from '../streams/define.js';
import { copyOf } from '../transform/copy.js';
import { clockOf, type Account, type Run } from './context.js';
import { markMissing } from './deletes.js';
import { alive, tableFor, tallyFor, type Region } from './region.js';
import { readSnapshot, type ListAnswer, type Snapshot } from './snapshot.js';
import { store } from './store.js';

/** Asks for one page of a list and sets the account's clock by the first answer of the run. */
export async function fetchList(
  account: Account,
  stream: ListStream,
  at: { skip: number; top: number },
  params: Readonly<Record<string, string>> = {},
): Promise<ListAnswer> {
  const { path, items, bareArray } = stream;
  const purpose = { stream: stream.name, regions: account.regions.map(({ name }) => name) };
  const answer = await asRequest(purpose, () =>
    account.client.list({ path, items, bareArray, params, ...at }),
  );
  account.clock ??= clockOf(answer);
  return answer;
}

/** A row's id, or a hash of its content where it has none. */
export function rowKey(row: unknown): string {
  const id = typeof row === 'object' && row !== null && '_id' in row ? row._id : undefined;
  if (typeof id === 'string' && id !== '') return id;
  return createHash('sha256')
    .update(JSON.stringify(copyOf(row)))
    .digest('hex');
}

/** The event id under which the cursor of a list without events is kept. */
const WHOLE_LIST = '*';

/** Reads a whole list into every region of the key that is due, and proves it. */
export async function syncList(run: Run, account: Account, stream: ListStream): Promise<void> {
  const regions = await dueRegions(run, account, stream);
  if (regions.length === 0) return;
  for (const region of regions) tallyFor(region, stream.name).mode = 'snapshot';
  const snapshot = await readSnapshot({
    fetch: (skip, shard) =>
      fetchList(
        account,
        stream,
        { skip, top: pageRows(run, stream) },
        shard === null || !stream.shards ? {} : { [stream.shards.param]: shard },
      ),
    take: (answer) => take(run, account.keyId, { stream, regions }, answer),
    key: rowKey,
    shards: () => shardsOf(run, stream, regions),
    stop: run.stop,
  });
  const clock = account.clock ?? { beganAt: snapshot.requestedAt, until: snapshot.requestedAt };
  for (const region of regions.filter(alive)) {
    await settleSnapshot(run, region, stream.name, { ...snapshot, within: null });
    if (!tallyFor(region, stream.name).proven || run.options.dryRun) continue;
    const keys = [{ schema: region.schema, eventId: WHOLE_LIST }];
    await run.db.transaction(async (client) => {
      const read = { id: run.id, kind: 'full' as const, ...clock };
      await beginRead(client, account.keyId, stream.name, { read, keys });
      await endRead(client, run.id);
      await noteProof(client, account.keyId, stream.name, keys);
    });
  }
}

export const pageRows = (run: Run, stream: ListStream): number => Math.min(stream.top, run.config.batch.size);

async function take(
  run: Run,
  keyId: string,
  { stream, regions }: { stream: ListStream; regions: readonly Region[] },
  answer: ListAnswer,
): Promise<void> {
  const alone = regions.length === 1;
  const parcels = regions.map((region) => ({
    region,
    stream,
    // Each region takes its own fields out of a record, in place.
    records: answer.rows.map((row) => [alone ? row : copyOf(row)]),
  }));
  await store(run, parcels, {
    keyId,
    requestedAt: answer.requestedAt,
    full: true,
    window: null,
  });
}

/** Regions that were never read, or not for `COUPONS_EVERY_MINUTES`; all that were asked for by name. */
async function dueRegions(run: Run, account: Account, stream: ListStream): Promise<Region[]> {
  const regions = account.regions.filter(alive);
  if (!stream.seldom || run.options.full || run.options.only !== null) return regions;
  const cursors = await loadCursors(run.db, account.keyId, stream.name);
  const recent = new Set(cursors.filter((cursor) => isRecent(cursor, run)).map((cursor) => cursor.schema));
  return regions.filter((region) => !recent.has(region.schema));
}

const isRecent = ({ provenAt }: Cursor, run: Run) =>
  provenAt !== null && Date.now() - provenAt < run.config.sync.couponsEveryMs;

async function shardsOf(run: Run, stream: ListStream, regions: readonly Region[]): Promise<string[]> {
  const [region] = regions;
  if (stream.shards === null || region === undefined) return [];
  const rows = await run.db.query<{ id: string }>(
    `select id from ${tableFor(region, stream.shards.stream).sql} where deleted_at is null`,
  );
  return rows.map((row) => row.id);
}

/** After a complete read of a list: marks what it lacks, closes rejects that are gone, and compares the counts. */
export async function settleSnapshot(
  run: Run,
  region: Region,
  stream: string,
  snapshot: Snapshot & { readonly within: { column: string; values: readonly string[] } | null },
): Promise<void> {
  const table = tableFor(region, stream);
  const tally = tallyFor(region, stream);
  const { within, requestedAt } = snapshot;
  tally.mode = 'snapshot';
  tally.windows += 1;
  if (!run.options.dryRun)
    await run.db.transaction((client) => closeUnseen(client, table, null, requestedAt));
  const keys = await unlistedRows(run.db, table, within, [...snapshot.keys]);
  if (!(await markMissing(run, region, stream, [{ keys, requestedAt }]))) return;
  tally.apiTotal = snapshot.total;
  const rehearsed = run.options.dryRun ? await rehearsedOf(run.db, table, null) : 0;
  tally.storedTotal = (await liveRows(run.db, table, within)) + rehearsed;
  const rejected = await openRejects(run.db, table);
  tally.proven = tally.storedTotal + rejected === snapshot.total;
  tally.proof = 'ids';
  tally.status = 'complete';
  if (!tally.proven)
    tally.fail(
      new RetryableError(
        `vivenu lists ${snapshot.total} rows; ${tally.storedTotal} are stored and ${rejected} set aside`,
      ),
    );
}
