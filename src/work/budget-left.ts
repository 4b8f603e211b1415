import type { BudgetBook } from '../load/trust.js';

const HOUR_MS = 3_600_000;

/** Requests of a key that can be sent at once, and until when (milliseconds since 1970) none can; null: some can. */
export function budgetLeft(
  { tokens, filled_at: filledAt, not_before: notBefore, paced, next_at: nextAt }: BudgetBook,
  perHour: number,
  now: number,
): { left: number; waits_until: number | null } {
  const perMs = perHour / HOUR_MS;
  const inBucket = Math.min(perHour, tokens + Math.max(0, now - filledAt) * perMs);
  const filled = inBucket >= 0 ? now : now - inBucket / perMs;
  const until = Math.max(filled, notBefore, paced ? nextAt : now);
  const left = until > now ? 0 : Math.max(0, Math.floor(inBucket));
  return { left, waits_until: until > now ? until : null };
}
