/** The file `.env`. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ConfigOptions } from './config.js';

/** The variables of the file; none without one. A file that cannot be read or understood is added to the problems. */
export function readEnvFile(options: ConfigOptions, problems: string[]): NodeJS.Dict<string> {
  if (options.envFile === null) return {};
  const path = resolve(options.directory ?? '', options.envFile ?? '.env');
  if (options.envFile === undefined && !existsSync(path)) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    problems.push(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
  // parseEnv cuts an unquoted value at any #, which would shorten a password in silence.
  for (const [, name] of text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*[^\s"'`#][^\s#]*#/gm)) {
    problems.push(`${name ?? ''} in ${path}: the value holds a #; put it in quotes`);
  }
  return parseEnv(text);
}

/** An empty variable counts as not set, except a password, which may be empty. */
export function withoutBlanks(env: NodeJS.Dict<string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || (value.trim() === '' && name !== 'POSTGRES_PASSWORD')) continue;
    kept[name] = value;
  }
  return kept;
}
