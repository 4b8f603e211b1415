/** JSON logs with context: rotated files for later, the terminal for what matters now. Nothing is ever written to stdout. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  destination,
  multistream,
  pino,
  type DestinationStream,
  type Level,
  type Logger,
  type StreamEntry,
} from 'pino';
import { PinoPretty } from 'pino-pretty';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { LoggingConfig } from './config.js';
import { UsageError } from './errors.js';
import { redact } from './redact.js';

export type { Logger } from 'pino';

/** What the logs are like beside the configuration. */
export interface LogOptions {
  /** Everything, to the terminal as well. @default false */
  readonly debug?: boolean;
  /** Lines for people instead of JSON on stderr. @default whether stderr is a terminal */
  readonly pretty?: boolean;
  /** Name of the files; processes that run at the same time rotate better apart. @default 'vivenu-ingest' */
  readonly name?: string;
}

let root: Logger = pino({ level: 'warn', hooks: { streamWrite: clean } }, stderr());
let files: RotatingFileStream | null = null;

/** Sets up what getLogger hands out from now on. Throws a UsageError when the folder of the logs cannot be made. */
export function setupLogging(config: LoggingConfig, options: LogOptions = {}): Logger {
  const level: Level = options.debug === true ? 'debug' : config.level;
  const streams: StreamEntry[] = [{ level: onTerminal(config, options), stream: terminal(options) }];
  files?.end();
  files = config.file ? openFiles(config, options.name ?? 'vivenu-ingest') : null;
  if (files !== null) streams.push({ level, stream: files });
  root = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: clean },
    },
    multistream(streams),
  );
  return root;
}

/** A logger that names its part of the programme; before setupLogging it writes warnings to stderr. */
export function getLogger(name: string): Logger {
  return root.child({ logger: name });
}

/** Waits until everything logged is in its file, and closes it. */
export async function closeLogging(): Promise<void> {
  const open = files;
  files = null;
  if (open === null) return;
  await new Promise<void>((resolve) => open.end(() => resolve()));
}

/** Secrets are taken out of the finished line, so that none can come by another way: message, error, context, nested value. */
function clean(line: string): string {
  return `${JSON.stringify(redact(JSON.parse(line)))}\n`;
}

function onTerminal(config: LoggingConfig, options: LogOptions): Level {
  if (options.debug === true) return 'debug';
  // Without files and without a terminal (a container), stderr is the only log there is.
  if (!config.file && !prettily(options)) return config.level;
  // Commands say themselves what went wrong.
  return 'fatal';
}

const prettily = (options: LogOptions) => options.pretty ?? process.stderr.isTTY;

function terminal(options: LogOptions): DestinationStream {
  if (!prettily(options)) return stderr();
  return PinoPretty({ destination: 2, sync: true, ignore: 'pid', translateTime: 'SYS:HH:MM:ss' });
}

function stderr(): DestinationStream {
  return destination({ dest: 2, sync: true });
}

function openFiles(config: LoggingConfig, name: string): RotatingFileStream {
  try {
    mkdirSync(config.directory, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError([`LOG_DIRECTORY=${JSON.stringify(config.directory)}: ${reason}`]);
  }
  // The library hands over the number of an older file, or null for the one in use.
  const file = (number: unknown) => (typeof number === 'number' ? `${name}.${number}.log` : `${name}.log`);
  const stream = createStream(file, {
    path: config.directory,
    size: `${config.maxFileSize}B`,
    rotate: config.backupCount,
  });
  let told = false;
  stream.on('error', (error) => {
    // A full disk must not end a run; it is said once.
    if (!told)
      process.stderr.write(
        `logs cannot be written to ${join(config.directory, file(null))}: ${error.message}\n`,
      );
    told = true;
  });
  return stream;
}
