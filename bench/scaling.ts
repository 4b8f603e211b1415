/** `npm run bench:scaling`: measures what a ticket and a run cost here, and works out what more of them need. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { loadAverage } from './cpu.js';
import { measure } from './scaling-measure.js';
import { count, textOf } from './scaling-page.js';
import { OF_AN_EVENT } from './scaling-tables.js';
import { startServer } from './server.js';

const HELP = `Measures what a ticket and a run cost, and prints what one seller, an agency and all of vivenu would need.

  npm run bench:scaling -- [options]

  --tickets N   tickets to load (100000), 10,000 at least
  --events N    events of 10,000 tickets each on which dividing a table is tried (200)
  --docs        writes the figures into docs/scaling.md
  --help        this

Works on Linux, whose /proc tells the CPU of processes. Takes some six minutes and 5 GB of disk for the 100,000 tickets, and
the two million on which dividing a table is tried.
`;

const PAGE = 'docs/scaling.md';

const say = (what: string) =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);

interface Options {
  readonly tickets: number;
  readonly events: number;
  readonly docs: boolean;
}

async function main({ tickets, events, docs }: Options): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-scaling-'));
  try {
    // As root the server runs as another user, who has to get in.
    await chmod(folder, 0o755);
    const work = path.join(folder, 'work');
    await mkdir(work);
    const load = await loadAverage();
    await using server = await startServer(folder);
    const measured = await measure({
      cli: path.resolve('dist/cli.js'),
      folder: work,
      server,
      tickets,
      events,
      say,
    });
    const text = await markdown(textOf(measured, await headOf(server.version, tickets, load)));
    process.stdout.write(`\n${text}`);
    if (docs) await intoPage(text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const headOf = async (postgres: string, tickets: number, load: number) =>
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
  `${Math.round(totalmem() / 1e9)} GB, load ${load} at the start and ${await loadAverage()} at the end, Node ${process.version.slice(1)}, PostgreSQL ${postgres}; ` +
  `${count(tickets)} tickets of one event, profile hyrox.`;

async function intoPage(text: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const parts = /^([^]*<!-- measured -->\n)[^]*(<!-- \/measured -->[^]*)$/.exec(page);
  if (!parts) throw new Error(`${PAGE} has no place for the figures`);
  await writeFile(PAGE, `${parts[1]}\n${text}\n${parts[2]}`);
}

const markdown = (text: string) => format(text, { parser: 'markdown', printWidth: 110, singleQuote: true });

const { values } = parseArgs({
  options: {
    tickets: { type: 'string', default: '100000' },
    events: { type: 'string', default: '200' },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const whole = (name: 'tickets' | 'events', least: number) => {
  const value = Number(values[name].replaceAll(/[_,]/g, ''));
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} ${values[name]}: expected a whole number from ${least} up`);
  return value;
};
if (values.help) process.stdout.write(HELP);
else await main({ tickets: whole('tickets', OF_AN_EVENT), events: whole('events', 20), docs: values.docs });
