import { Command, Option } from 'commander';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { getConfig, type Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import { DatabaseManager } from '../load/database.js';
import { csvWriter, jsonWriter, type Column, type Row, type Writer } from '../reports/export-text.js';
import { rowLimit } from './arguments.js';
import { grid } from './grid.js';
import { embeddedDatabase } from './own-database.js';
import { ask, type Question } from './query.js';
import { interruption } from './signals.js';

const FORMATS = ['table', 'json', 'csv'] as const;
const TABLE_ROWS = 100;

interface Flags {
  format: (typeof FORMATS)[number];
  limit?: number;
  embedded?: true;
}

/** `sql`: one query that reads, printed. */
export function sqlCommand(): Command {
  return new Command('sql')
    .description('ask the database one read-only question and print the answer')
    .argument('[query]', 'the query in quotes; without one, or with "-", it is read from stdin')
    .addOption(new Option('--format <name>', 'how to print it').choices(FORMATS).default('table'))
    .option('--limit <n>', `rows at most, 0 for all (default: ${TABLE_ROWS} in a table, else all)`, rowLimit)
    .option('--embedded', 'ask the embedded PostgreSQL, also where another one is configured')
    .addHelpText('after', EXAMPLES)
    .action(sql);
}

const EXAMPLES = `
Each region is a schema: events, ticket_types, ticket_under_shops, ticket_volumes, tickets,
coupon_series, coupons. With one region configured, its schema may be left out.
A table cuts long texts to fit the terminal; json and csv (RFC 4180) are complete.

Examples:
  $ vivenu-ingest sql "select status, count(*) from berlin.tickets group by 1"
  $ vivenu-ingest sql --format csv "select * from berlin.coupons" > coupons.csv
  $ vivenu-ingest sql < question.sql`;

async function sql(argument: string | undefined, flags: Flags): Promise<void> {
  const query = await queryText(argument);
  const config = getConfig({ regions: 'optional' });
  using interrupted = interruption(() => undefined);
  const gone = new AbortController();
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', () => gone.abort());
  const stop = AbortSignal.any([interrupted.stop, gone.signal]);
  try {
    const database = flags.embedded ? embeddedDatabase() : config.database;
    await using db = await DatabaseManager.connect(database, { signal: interrupted.stop });
    await answer(db, { text: query, limit: limitOf(flags), schema: onlySchema(config), stop }, flags);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  process.exitCode = interrupted.exitCode() ?? 0;
}

async function queryText(argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  if (argument === undefined && process.stdin.isTTY)
    throw new UsageError(['sql: write the query in quotes behind it, such as: sql "select 1"']);
  return (await text(process.stdin)).replace(/^\ufeff/, '');
}

/** Null: all. */
function limitOf({ format, limit }: Flags): number | null {
  if (limit === undefined) return format === 'table' ? TABLE_ROWS : null;
  return limit === 0 ? null : limit;
}

const onlySchema = ({ events }: Config) => (events.length === 1 ? events[0]?.schema : undefined);

async function answer(db: DatabaseManager, question: Question, { format }: Flags): Promise<void> {
  if (format === 'table') await answerTable(db, question);
  else await answerWhole(db, question, format === 'csv' ? csvWriter() : jsonWriter());
}

async function answerTable(db: DatabaseManager, question: Question): Promise<void> {
  const all: Row[] = [];
  let columns: readonly Column[] = [];
  const more = await ask(db, question, (rows, these) => {
    all.push(...rows);
    columns = these;
    return Promise.resolve();
  });
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  const shown = grid(columns, all, { width, bold: width !== null && process.stdout.hasColors() });
  await print(shown.text, question.stop);
  const notes = [
    more
      ? `the first ${all.length} rows; --limit 0 shows all`
      : `${all.length} row${all.length === 1 ? '' : 's'}`,
    ...(shown.cut ? ['long texts are cut (…); --format json or csv shows them whole'] : []),
  ];
  process.stderr.write(`(${notes.join('; ')})\n`);
}

async function answerWhole(db: DatabaseManager, question: Question, writer: Writer): Promise<void> {
  let begun = false;
  await ask(db, question, async (rows, columns) => {
    const head = begun ? '' : writer.begin(columns);
    begun = true;
    await print(head + writer.rows(rows), question.stop);
  });
  await print(writer.end(), question.stop);
}

/** Waits for a slow reader, so that memory does not grow with the answer. */
async function print(piece: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain', { signal });
}
