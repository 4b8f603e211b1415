import type { Client, Database } from '../load/client.js';
import { eraseDeliveries, keepDeliveriesOut } from '../load/deliveries.js';
import { erasureKey, rememberErased, type Place } from '../load/erased.js';
import type { Table } from '../load/table.js';
import type { Facts } from '../reports/facts.js';
import { refreshWithin } from '../reports/refresh.js';
import {
  digestsOf,
  eraseDuplicates,
  eraseRejects,
  eraseRows,
  findTickets,
  hasSubjects,
  type ErasedTable,
  type Sought,
  type Persons,
} from './erase-tables.js';
import { messageOf } from './tally.js';

/** A region in which somebody is erased. */
export interface ErasePlace extends Place {
  readonly tables: readonly Table[];
  /** What its summaries are worked out with; null for a region that is not configured any more. */
  readonly facts: Facts | null;
}

/** What was erased. */
export interface Erasure {
  readonly tables: readonly ErasedTable[];
  /** Ids of which nothing is stored; they are remembered all the same. */
  readonly unknown: Persons;
  /** Regions whose summaries could not be worked out again, and why; the next run does it. */
  readonly problems: readonly string[];
}

/**
 * Takes the personal data of these people out of every table of these regions and remembers them (`everywhere`: for every region, also
 * those that are added later), in one transaction. The caller holds the regions. Throws when a column cannot be emptied; nothing is erased then.
 */
export async function erasePersons(
  db: Database,
  places: readonly ErasePlace[],
  { persons, everywhere }: { persons: Persons; everywhere: boolean },
): Promise<Erasure> {
  const tables = places.flatMap((place) =>
    place.tables.filter(hasSubjects).map((table) => ({ region: place.name, table })),
  );
  return await db.transaction(async (client) => {
    for (const place of places) await keepDeliveriesOut(client, place.schema);
    const key = await erasureKey(client);
    const sought: Sought = {
      key,
      tickets: new Set(persons.ticket),
      customers: persons.customer,
      found: new Set(),
    };
    // Of all regions first: one may leave out the customer that another names.
    for (const { table } of tables) await findTickets(client, sought, table);
    const erased: ErasedTable[] = [];
    for (const { region, table } of tables)
      for (const work of [eraseRows, eraseRejects, eraseDuplicates])
        erased.push(...(await work(client, sought, table)).map((one) => ({ region, ...one })));
    for (const { name } of places)
      erased.push({
        region: name,
        ...(await eraseDeliveries(client, name, [...sought.tickets, ...sought.customers])),
      });
    await rememberErased(client, [...digestsOf(sought).digests], everywhere ? null : places);
    const problems = await refreshAll(client, places);
    return { tables: merged(erased), unknown: unknownOf(sought, persons), problems };
  });
}

const unknownOf = ({ found }: Sought, { ticket, customer }: Persons): Persons => ({
  ticket: ticket.filter((id) => !found.has(`ticket ${id}`)),
  customer: customer.filter((id) => !found.has(`customer ${id}`)),
});

/** Summaries follow at once where they can; a failure of theirs keeps nobody's data. */
async function refreshAll(client: Client, places: readonly ErasePlace[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, facts } of places) {
    if (facts === null) continue;
    await client.query('savepoint summaries');
    try {
      await refreshWithin(client, facts, { all: false, codes: null });
      await client.query('release savepoint summaries');
    } catch (error) {
      await client.query('rollback to savepoint summaries');
      problems.push(`the summaries of ${name} could not be worked out again: ${messageOf(error)}`);
    }
  }
  return problems;
}

/** One line a table: the rejects of a region's streams are in one. */
function merged(tables: readonly ErasedTable[]): ErasedTable[] {
  const lines = new Map<string, ErasedTable>();
  for (const table of tables) {
    const line = `${table.region} ${table.schema} ${table.table}`;
    const before = lines.get(line) ?? { ...table, rows: 0, fields: 0 };
    lines.set(line, { ...before, rows: before.rows + table.rows, fields: before.fields + table.fields });
  }
  return [...lines.values()];
}
