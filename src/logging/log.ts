/** JSON logs with context: rotated files for later, the terminal for what matters now. Nothing is ever written to stdout. */
import { format } from 'node:util';
import {
  destination,
  multistream,
  pino,
  type DestinationStream,
  type Level,
  type Logger,
  type LoggerOptions,
  type StreamEntry,
} from 'pino';
import type { LoggingConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import { LogFile } from './file.js';
import { prettyLine } from './pretty.js';
import { logText, redact } from '../redact-value.js';

export type { Logger } from 'pino';

/** What the logs are like beside the configuration. */
export interface LogOptions {
  /** Everything, to the terminal as well. @default false */
  readonly debug?: boolean;
  /** Lines for people instead of JSON on stderr. @default whether stderr is a terminal */
  readonly pretty?: boolean;
  /** Writes a line for people (without its line feed) where it does not tear a progress bar. @default to stderr */
  readonly say?: (line: string) => void;
  /** Name of the files without `.log`; any number of processes may share it. @default 'vivenu-ingest' */
  readonly name?: string;
}

/** Of the record itself, which no field may stand in for. */
const OWN_FIELDS = new Set(['level', 'time', 'pid', 'msg']);

let root: Logger = build('warn', stderr());
let file: LogFile | null = null;

/** Sets up what getLogger hands out from now on. Throws a UsageError when the folder of the logs cannot be made. */
export function setupLogging(config: LoggingConfig, options: LogOptions = {}): Logger {
  const level: Level = options.debug === true ? 'debug' : config.level;
  const streams: StreamEntry[] = [{ level: onTerminal(config, options), stream: terminal(options) }];
  file?.close();
  file = config.file ? openFile(config, options.name ?? 'vivenu-ingest') : null;
  if (file !== null) streams.push({ level, stream: fileStream(file, config.directory) });
  root = build(level, multistream(streams));
  return root;
}

/** A logger that names its part of the programme; before setupLogging it writes warnings to stderr. */
export function getLogger(name: string): Logger {
  return root.child({ logger: name });
}

/** Closes the file; everything logged is in it. */
export function closeLogging(): Promise<void> {
  file?.close();
  file = null;
  return Promise.resolve();
}

/** Whatever is logged passes `redact` before pino writes it down: fields, context, message and what is put into the message. */
function build(level: Level, stream: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}","pid":${process.pid}`,
    // What redact makes of an error needs no other.
    serializers: { err: (error: unknown) => error },
    formatters: { level: (label) => ({ level: label }) },
    hooks: {
      // Once more over the finished line: a child's own context, prefix and serializers come by another way.
      streamWrite: (line) => `${JSON.stringify(redact(JSON.parse(line)))}\n`,
      logMethod(given, method) {
        const [facts, text] = cleanCall(given);
        if (text === undefined) method.call(this, facts);
        else method.call(this, facts, text);
      },
    },
  };
  return pino(options, stream);
}

/** The fields and the message of a call, which may begin with either. */
function cleanCall(given: readonly unknown[]): [facts: object, text: string | undefined] {
  const [first, ...rest] = given;
  const [message, ...values] = typeof first === 'string' ? given : rest;
  const facts = first instanceof Error ? { err: first } : first;
  const says = message ?? (first instanceof Error ? first.message : undefined);
  const text = says === undefined ? undefined : logText(format(says, ...values.map(redact)));
  return [typeof first === 'string' ? {} : fields(facts), text];
}

function fields(value: unknown): Record<string, unknown> {
  const clean = redact(value);
  if (typeof clean !== 'object' || clean === null || Array.isArray(clean)) return { value: clean };
  return Object.fromEntries(
    Object.entries(clean).map(([key, part]) => [OWN_FIELDS.has(key) ? `${key}_` : key, part as unknown]),
  );
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
  const colours = process.stderr.isTTY && process.stderr.hasColors();
  const say = options.say ?? ((line: string) => void process.stderr.write(`${line}\n`));
  return { write: (line) => say(prettyLine(line, colours)) };
}

function stderr(): DestinationStream {
  return destination({ dest: 2, sync: true });
}

function openFile(config: LoggingConfig, name: string): LogFile {
  const { directory, maxFileSize: maxBytes, backupCount: backups } = config;
  try {
    return new LogFile({ directory, name, maxBytes, backups });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError([`LOG_DIRECTORY=${JSON.stringify(directory)}: ${reason}`]);
  }
}

function fileStream(to: LogFile, directory: string): DestinationStream {
  let told = false;
  return {
    write: (line) => {
      to.write(line, () => shortLine(line));
      if (to.error === undefined || told) return;
      told = true;
      process.stderr.write(`logs cannot be written to ${directory}: ${to.error.message}\n`);
    },
  };
}

const SHORT_TEXT = 100;

/** What stays of a record that is larger than a whole file. */
function shortLine(line: string): string {
  const { level, time, pid, msg } = JSON.parse(line) as Record<string, unknown>;
  const text = typeof msg === 'string' ? msg.slice(0, SHORT_TEXT).toWellFormed() : undefined;
  return `${JSON.stringify({ level, time, pid, cut: line.length, msg: text })}\n`;
}
