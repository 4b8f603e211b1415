/** The database: transactions that commit whole or not at all, and those that are repeated when another one was in the way. */
import { DatabaseManager, getConfig, TransactionManager } from 'vivenu-ingest';

const config = getConfig();
// The server of the configuration, or the embedded one; closed at the end of the block.
await using db = await DatabaseManager.connect(config.database);

const { ok, version, latencyMs } = await db.health();
console.log(`PostgreSQL ${version ?? ''} is ${ok ? 'well' : 'away'}, ${latencyMs} ms`);

await db.query('create table if not exists notes (id int primary key, note text not null)');

// Rolled back at the end of the block unless it was committed.
{
  await using session = await TransactionManager.begin(db);
  await session.query('insert into notes (id, note) values ($1, $2)', [1, 'kept']);
  await session.commit();
}
try {
  await using session = await TransactionManager.begin(db);
  await session.query('insert into notes (id, note) values ($1, $2)', [2, 'not kept']);
  throw new Error('something went wrong in between');
} catch (error) {
  console.log(`rolled back: ${error instanceof Error ? error.message : 'unknown'}`);
}

// The whole function runs again after a deadlock, a serialization failure or a lost connection.
const changed = await db.transaction(async (client) => {
  const { rowCount } = await client.query('update notes set note = upper(note) where id = $1', [1]);
  return rowCount;
});
console.log(`${changed ?? 0} note changed`);

for (const { id, note } of await db.query<{ id: number; note: string }>(
  'select id, note from notes order by id',
))
  console.log(`${id}: ${note}`);
