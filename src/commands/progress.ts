import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Observer, SyncEvent } from '../observer.js';
import { count } from './table.js';

/** Shows how far a run is; on a terminal a bar a stream, otherwise plain lines, always on stderr. */
export interface Progress extends Disposable {
  readonly observe: Observer;
  readonly say: (text: string) => void;
}

const PLAIN_EVERY_MS = 5000;
/** A rate over less time says nothing. */
const RATE_AFTER_MS = 1000;
/** Columns of a bar's name, and of the figures behind it. */
const NAME = 24;
const FIGURES = 46;
/** A stream of fewer rows is read before anybody could read its bar. */
const SMALL = 1000;

/** Progress for people. `quiet` shows nothing but what has to be said. */
export function progress({ quiet = false, tty = process.stderr.isTTY } = {}): Progress {
  if (quiet) return { observe: () => undefined, say, [Symbol.dispose]: () => undefined };
  return tty ? bars() : lines();
}

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** What is shown of a stream of a key. */
interface Line {
  rows: number;
  total: number;
  readonly since: number;
}

const nameOf = ({ regions, stream }: { regions: readonly string[]; stream: string }) =>
  `${regions.join(', ')} ${stream}`;

function bars(): Progress {
  const multi = new MultiBar(
    {
      format: '{name} |{bar}| {rows}/{of}  {rate} rows/s  {left}',
      barsize: Math.max(10, Math.min(40, (process.stderr.columns || 80) - NAME - FIGURES)),
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
    },
    Presets.shades_classic,
  );
  const shown = new Map<string, { bar: SingleBar | null; line: Line }>();
  return {
    say: (text) => multi.log(`${text}\n`),
    observe: (event) => {
      if (event.type === 'wait' && event.ms >= 1000) multi.log(`${waitText(event)}\n`);
      if (event.type === 'retry') multi.log(`${retryText(event)}\n`);
      if (event.type !== 'stream.begin' && event.type !== 'page') return;
      const name = nameOf(event);
      const total = event.type === 'stream.begin' ? (event.total ?? 0) : 0;
      const known = shown.get(name) ?? { bar: null, line: { rows: 0, total, since: Date.now() } };
      shown.set(name, known);
      const { line } = known;
      if (event.type === 'page') line.rows += event.rows;
      line.total = Math.max(line.total, total, line.rows);
      if (line.total < SMALL) return;
      known.bar ??= multi.create(line.total, 0, payload(name, line));
      known.bar.setTotal(line.total);
      known.bar.update(line.rows, payload(name, line));
    },
    [Symbol.dispose]: () => multi.stop(),
  };
}

const payload = (name: string, line: Line = { rows: 0, total: 0, since: Date.now() }) => {
  const rate = line.rows / Math.max(0.001, (Date.now() - line.since) / 1000);
  const left = rate > 0 ? Math.ceil((line.total - line.rows) / rate) : 0;
  return {
    name: name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name.padEnd(NAME),
    rows: count(line.rows),
    of: count(line.total),
    rate: count(Math.round(rate)),
    left: left > 0 ? `${left} s left` : '',
  };
};

function lines(): Progress {
  const sums = new Map<string, Line>();
  let told = Date.now();
  return {
    say,
    observe: (event) => {
      if (event.type === 'wait' && event.ms >= 1000) say(waitText(event));
      if (event.type === 'retry') say(retryText(event));
      if (event.type === 'region.failed') say(`${event.region}: ${event.error}`);
      if (event.type === 'stream.begin')
        sums.set(nameOf(event), { rows: 0, total: event.total ?? 0, since: Date.now() });
      if (event.type !== 'page') return;
      const line = sums.get(nameOf(event)) ?? { rows: 0, total: 0, since: Date.now() };
      line.rows += event.rows;
      sums.set(nameOf(event), line);
      const now = Date.now();
      if (now - told < PLAIN_EVERY_MS || now - line.since < RATE_AFTER_MS) return;
      told = now;
      const { rows, of, rate, left } = payload('', line);
      say(
        `${nameOf(event)}: ${rows}${line.total > 0 ? ` of ${of}` : ''} rows, ${rate}/s${left ? `, ${left}` : ''}`,
      );
    },
    [Symbol.dispose]: () => undefined,
  };
}

type Of<T extends SyncEvent['type']> = Extract<SyncEvent, { type: T }>;

const waitText = ({ ms, reason }: Of<'wait'>) =>
  reason === 'budget'
    ? `waiting ${(ms / 1000).toFixed(1)} s for the request budget (HTTP_REQUESTS_PER_HOUR)`
    : `waiting ${(ms / 1000).toFixed(1)} s, as vivenu asks`;

const retryText = ({ path, delayMs, reason }: Of<'retry'>) =>
  `${path}: ${reason}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
