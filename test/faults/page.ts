/** Figures that a command puts into a page of the documents itself, and the machine they are from. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { format } from 'prettier';

/** Puts text between the marks of a page, as the formatter wants it. Throws when the page has no such marks. */
export async function writePart(page: string, mark: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`];
  const whole = await readFile(page, 'utf8');
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place marked ${mark}`);
  const written = `${whole.slice(0, from + begin.length)}\n${text}\n\n${whole.slice(to)}`;
  const options = JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as object;
  await writeFile(page, await format(written, { ...options, parser: 'markdown' }));
}

/** Date, machine and versions, for a line under a table. */
export function conditions(postgres: string): string {
  const [cpu] = cpus();
  const name = cpu?.model.trim() ?? 'unknown';
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} cores (${name}), ${memory}, Node ${process.versions.node}, PostgreSQL ${postgres}`;
}

/** A line on stderr with the time. */
export const say = (what: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);

/** Rows as a table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
