import { FatalError } from '../errors.js';
import type { Client } from './client.js';

/** Throws a FatalError when a schema holds the Python system's tables as it left them: rows of ours would be mixed with its own. */
export async function refuseUnadopted(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query(
    `select 1 from information_schema.columns
     where table_schema = $1 and table_name in ('events', 'tickets') and column_name = 'created_at' and data_type = 'timestamp without time zone'`,
    [schema],
  );
  if (rows.length > 0)
    throw new FatalError(
      'it holds the tables of the Python system; take them over first: vivenu-ingest adopt --region <region> --dry-run',
    );
}
