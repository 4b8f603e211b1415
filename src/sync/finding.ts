import type { Region } from './region.js';
import { messageOf } from './tally.js';

/** One thing that was checked. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** Null: not of a region. */
  readonly region: string | null;
  readonly subject: 'config' | 'database' | 'tables' | 'key' | 'event' | 'tickets' | 'coupons' | 'schedule';
  /** The fact. Never a secret. */
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** Makes the findings of one region. */
export const findingsOf =
  ({ name }: Pick<Region, 'name'>) =>
  (level: Finding['level'], subject: Finding['subject'], says: string, mend?: string): Finding => ({
    level,
    region: name,
    subject,
    says,
    ...(mend === undefined ? {} : { mend }),
  });

/** Fact and mend of an error, whose message divides them with a semicolon; `<region>` stands for the region there. */
export function partsOf(error: unknown, { name }: Pick<Region, 'name'>): { says: string; mend?: string } {
  const message = messageOf(error).replaceAll('<region>', name);
  // What others said stands in brackets and may hold a semicolon itself.
  const [, says, mend] = /^(.*\)|[^;]*); (.*)$/s.exec(message) ?? [];
  return says === undefined || mend === undefined ? { says: message } : { says, mend };
}

/** HTTP status of an error of the client, where there was an answer. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
