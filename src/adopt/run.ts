import { RetryableError } from '../errors.js';
import { adopt, look, type Adoption } from './adopt.js';
import type { Setting } from './columns.js';
import type { Survey } from './survey.js';
import { knownZone, minutesAfterIds, sessionZone } from './zone.js';
import type { Client, Database } from '../load/client.js';
import { errorFacts } from '../load/connection.js';
import type { Table } from '../load/table.js';
import { TransactionManager } from '../load/transaction.js';

/** A schema before it is taken over. */
export interface Looked {
  readonly setting: Setting;
  readonly survey: Survey;
  /** Zone of this server's sessions, where that is not UTC. */
  readonly sessionZone: string | null;
  /** Minutes by which ticket times taken in the stated zone are later than their ids say; null where that cannot be said. */
  readonly lateMinutes: number | null;
}

/** Looks at a schema, and at what its times say of the zone. Throws a UsageError for an unknown zone, a FatalError for what cannot be taken over. */
export async function lookAt(
  db: Database,
  schema: string,
  streams: readonly Table[],
  zone: string,
): Promise<Looked> {
  await using transaction = await TransactionManager.begin(db);
  const setting: Setting = {
    ...{ schema, streams, zone: await knownZone(transaction, zone) },
    lz4: await knowsLz4(transaction),
  };
  const survey = await look(transaction, setting);
  const naive = survey.works.some(
    ({ work }) =>
      work.spec.name === 'tickets' && work.conversions.some(({ column }) => column === 'created_at'),
  );
  return {
    setting,
    survey,
    sessionZone: await sessionZone(transaction),
    lateMinutes: naive ? await minutesAfterIds(transaction, schema, setting.zone) : null,
  };
}

async function knowsLz4(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ lz4: boolean }>(
    `select 'lz4' = any(enumvals) as lz4 from pg_settings where name = 'default_toast_compression'`,
  );
  return rows[0]?.lz4 === true;
}

/** Takes a schema over in one transaction; a rehearsal does all of it and rolls it back. Throws a RetryableError when others hold its tables. */
export async function takeOver(
  db: Database,
  setting: Setting,
  options: { readonly regionName: string; readonly rehearse: boolean; readonly lost: AbortSignal },
): Promise<Adoption> {
  try {
    await using transaction = await TransactionManager.begin(db);
    const adoption = await adopt(transaction, setting, options.regionName);
    options.lost.throwIfAborted();
    if (!options.rehearse) await transaction.commit();
    return adoption;
  } catch (error) {
    if (errorFacts(error).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new RetryableError(
      `others are using the tables of schema "${setting.schema}"${await holdersOf(db, setting.schema)}; nothing was changed. Stop the Python ` +
        `system and close what reads them, then take over again`,
      { cause: error },
    );
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

async function holdersOf(db: Database, schema: string): Promise<string> {
  const rows = await db.query<{ holder: string }>(
    `select distinct format('%s (process %s)', coalesce(nullif(application_name, ''), usename), activity.pid) as holder
     from pg_locks as held
     join pg_class as class on class.oid = held.relation
     join pg_namespace as namespace on namespace.oid = class.relnamespace
     join pg_stat_activity as activity on activity.pid = held.pid
     where namespace.nspname = $1 and held.granted and activity.pid <> pg_backend_pid()
       and held.database = (select oid from pg_database where datname = current_database())
     limit 5`,
    [schema],
  );
  return rows.length > 0 ? `: ${rows.map(({ holder }) => holder).join(', ')}` : '';
}
