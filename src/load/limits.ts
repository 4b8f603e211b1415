import type { DatabaseLimits } from '../config/config.js';

/** Limits of a connection for which the configuration names none. */
export const DEFAULT_LIMITS: DatabaseLimits = {
  statementTimeoutMs: 1_800_000,
  slowStatementMs: 1000,
  maxWaitMs: 120_000,
};

/** A single question answers sooner than a load, an index or a summary may. */
const QUESTION_MS = 120_000;

/** Limit of a statement outside of a transaction. */
export const questionTimeoutMs = ({ statementTimeoutMs }: DatabaseLimits): number =>
  Math.min(QUESTION_MS, statementTimeoutMs);
