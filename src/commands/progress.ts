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
  return tty ? bars() : plainLines();
}

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** What is shown of a stream of a key. */
interface Line {
  readonly name: string;
  rows: number;
  total: number;
  readonly since: number;
}

/** Takes an event into the line of its stream, which regions that are read together share; null for an event that moves none. */
function track(lines: Map<string, Line>, event: SyncEvent): Line | null {
  if (event.type !== 'stream.begin' && event.type !== 'page') return null;
  const key = `${event.keyId} ${event.stream}`;
  const fresh = { name: nameOf(event), rows: 0, total: 0, since: Date.now() };
  const line = (event.type === 'page' ? lines.get(key) : undefined) ?? fresh;
  lines.set(key, line);
  if (event.type === 'page') line.rows += event.rows;
  else line.total = event.total ?? 0;
  line.total = Math.max(line.total, line.rows);
  return line;
}

function nameOf({ regions, stream }: { regions: readonly string[]; stream: string }): string {
  const more = regions.length > 2 ? ` and ${regions.length - 2} more` : '';
  return `${regions.slice(0, 2).join(', ')}${more} ${stream}`;
}

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
  const lines = new Map<string, Line>();
  const shown = new Map<Line, SingleBar>();
  // Above the bars, which are drawn again below it; without bars nothing would draw it.
  const above = (text: string): void => {
    if (multi.isActive) multi.log(`${text}\n`);
    else say(text);
  };
  return {
    say: above,
    observe: (event) => {
      const text = notice(event);
      if (text !== null) above(text);
      const line = track(lines, event);
      if (line === null || line.total < SMALL) return;
      const bar = shown.get(line) ?? multi.create(line.total, 0, payload(line));
      shown.set(line, bar);
      bar.setTotal(line.total);
      bar.update(line.rows, payload(line));
    },
    [Symbol.dispose]: () => {
      if (!multi.isActive) return;
      multi.update();
      multi.stop();
    },
  };
}

function plainLines(): Progress {
  const lines = new Map<string, Line>();
  let told = Date.now();
  return {
    say,
    observe: (event) => {
      const text = notice(event);
      if (text !== null) say(text);
      const line = track(lines, event);
      const now = Date.now();
      if (line === null || now - told < PLAIN_EVERY_MS || now - line.since < RATE_AFTER_MS) return;
      told = now;
      const { rows, of, rate, left } = payload(line);
      say(
        `${line.name}: ${rows}${line.total > line.rows ? ` of ${of}` : ''} rows, ${rate}/s${left ? `, ${left}` : ''}`,
      );
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** What is said at once, in whole lines. */
function notice(event: SyncEvent): string | null {
  if (event.type === 'region.failed') return `${event.region}: ${event.error}`;
  if (event.type === 'retry') return retryText(event);
  if (event.type === 'database.wait') return awayText(event);
  if (event.type === 'database.back')
    return `PostgreSQL answers again, after ${(event.awayMs / 1000).toFixed(1)} s`;
  if (event.type === 'breaker' && event.state !== 'half-open') return breakerText(event);
  if (event.type === 'budget')
    return `the request budget is counted by this process alone for now: ${event.reason}`;
  return event.type === 'wait' && event.ms >= 1000 ? waitText(event) : null;
}

const payload = (line: Line) => {
  const { name } = line;
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

type Of<T extends SyncEvent['type']> = Extract<SyncEvent, { type: T }>;

const waitText = ({ ms, reason }: Of<'wait'>) => {
  const time = `waiting ${(ms / 1000).toFixed(1)} s`;
  if (reason === 'budget') return `${time} for the request budget (HTTP_REQUESTS_PER_HOUR)`;
  return reason === 'outage' ? `${time} for vivenu to come back` : `${time}, as vivenu asks`;
};

const breakerText = ({ host, state, reason }: Of<'breaker'>) =>
  state === 'open' ? `${host} does not answer: ${reason ?? 'no reason known'}` : `${host} answers again`;

const awayText = ({ reason, ms }: Of<'database.wait'>) =>
  `PostgreSQL: ${reason}; trying again in ${(ms / 1000).toFixed(1)} s`;

const retryText = ({ path, delayMs, reason }: Of<'retry'>) =>
  `${path}: ${reason}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
