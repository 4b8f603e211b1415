import pg from 'pg';
import { displayWidth, harmless } from './width.js';

const MULTIPLE = 'only one query at a time';
const WRITES = 'sql only reads: its transaction is read-only';

/** What PostgreSQL says of a query, with a caret under the place and, for a table that is not found, where one of its name is. */
export async function explainQuery(connection: pg.Client, query: string, error: unknown): Promise<unknown> {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code, position, hint } = error;
  const lines = [`PostgreSQL: ${error.message} (${code ?? 'no code'})`];
  if (position !== undefined && Number(position) > 0) lines.push(...placeIn(query, Number(position)));
  if (hint !== undefined) lines.push(`Hint: ${hint}`);
  lines.push(...(await ownHints(connection, error)));
  return new Error(lines.join('\n'), { cause: error });
}

async function ownHints(connection: pg.Client, error: pg.DatabaseError): Promise<string[]> {
  const { code, position, message } = error;
  if (code === '42601' && position === undefined) return [`Hint: ${MULTIPLE}.`];
  if (code === '25006') return [`Hint: ${WRITES}.`];
  if (code === '0A000' && /INTO|data-modifying/.test(message)) return [`Hint: ${WRITES}.`];
  if (code !== '42P01') return [];
  const name = /"([^"]+)"/.exec(message)?.[1]?.split('.').at(-1);
  const { rows } = await connection
    .query<{ name: string }>(
      `select format('%I.%I', nspname, relname) as name from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace
       where relname = $1 and relkind in ('r', 'v', 'm', 'p') order by 1 limit 8`,
      [name],
    )
    .catch(() => ({ rows: [] }));
  return rows.length === 0 ? [] : [`Hint: there is ${rows.map((row) => row.name).join(', ')}.`];
}

/** Room for the line of a query that is shown. */
const SHOWN = 70;
const BEFORE = 40;

/** The line of a place, which counts characters from 1, and a caret under it; a long line is cut on both sides. */
function placeIn(query: string, position: number): string[] {
  const characters = Array.from(query);
  const before = characters.slice(0, position - 1).join('');
  const lineBefore = before.slice(before.lastIndexOf('\n') + 1);
  const lineAfter =
    characters
      .slice(position - 1)
      .join('')
      .split(/\r?\n/, 1)[0] ?? '';
  const left = Array.from(lineBefore);
  const cutLeft = left.length > BEFORE ? `…${left.slice(-BEFORE).join('')}` : lineBefore;
  const right = Array.from(lineAfter);
  const room = SHOWN - Math.min(left.length, BEFORE);
  const cutRight = right.length > room ? `${right.slice(0, room).join('')}…` : lineAfter;
  const shown = harmless(cutLeft);
  return [`  ${shown}${harmless(cutRight)}`, `  ${' '.repeat(displayWidth(shown))}^`];
}
