import { InvalidArgumentError } from 'commander';
import { streams } from '../streams/index.js';

const GROUPS = [...new Set(streams.map((stream) => stream.group as string))];

/** `--only tickets,coupons`. */
export function parseOnly(value: string): string[] {
  const groups = value.split(',').map((group) => group.trim());
  const unknown = groups.filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`"${unknown.join(', ')}" is none of ${GROUPS.join(', ')}.`);
  return groups;
}

/** `--allow-deletes auckland/tickets`, repeatable. */
export function parseAllowDeletes(value: string, before: string[] = []): string[] {
  const names = streams.map(({ name }) => name);
  const stream = value.slice(value.lastIndexOf('/') + 1);
  if (!value.includes('/') || !names.includes(stream))
    throw new InvalidArgumentError(`write <region>/<stream>, with one of ${names.join(', ')}.`);
  return [...before, value];
}

/** `--limit 100`; 0 is no limit. */
export function rowLimit(value: string): number {
  const limit = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(limit) || limit < 0)
    throw new InvalidArgumentError('Expected a whole number from 0 up.');
  return limit;
}

/** A whole number from 1 up. */
export function parsePositive(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('it is no whole number from 1 to 999999999.');
}

/** A port; 0 takes a free one. */
export function parsePort(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
  throw new InvalidArgumentError('it is no port from 0 to 65535.');
}
