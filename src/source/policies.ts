/** How the client bears faults and limits: every constant in one place (docs/reliability.md, "Policies", has the reasons and the costs). */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What an option of the client is where it is not given. Times in milliseconds. */
export const DEFAULTS = {
  timeoutMs: 30 * SECOND,
  connectTimeoutMs: 10 * SECOND,
  maxConnections: 100,
  maxInFlight: 5,
  retries: 5,
  requestsPerHour: 1000,
  maxWaitMs: 15 * MINUTE,
  backoffMs: 500,
} as const;

/** A failed request is sent again after a time drawn from 0 to a bound that doubles from `backoffMs`. */
export const BACKOFF = {
  mostMs: 30 * SECOND,
} as const;

/** A host that does not answer is left alone, and one request alone tries whether it is back. */
export const BREAKER = {
  /** Failures in a row, whichever requests had them. */
  failures: 5,
  /** Pauses before each further probe, in first back-offs (10, 20, 30 s); the last one repeats. */
  pauses: [20, 40, 60],
  /** No pause takes more than this share of what a request may wait: it must be able to outwait several. */
  mostOfWait: 0.1,
} as const;

/** Requests that a process takes out of the shared bucket at once. */
export const LEASE = {
  requests: 10,
  /** Most of what is in the bucket: as it empties, leases shrink to single requests. */
  share: 0.1,
  /** What is not used within this time goes back. */
  ms: 5 * SECOND,
  /** A database that failed is left alone so long; meanwhile the process counts for itself. */
  afterFaultMs: MINUTE,
  /** Closing waits no longer for unused requests to be given back. */
  closeMs: SECOND,
} as const;

/** The pace of a key after a 429, in budgets (1: a budget's worth of requests in an hour). Additive increase, multiplicative decrease. */
export const PACE = {
  /** After the first 429. */
  first: 32,
  /** From here on there is none. */
  most: 64,
  least: 0.25,
  /** Added by each answer that is not a 429. */
  step: 1,
  /** Left of it after each 429 that was sent at the pace. */
  left: 0.5,
} as const;

/** Large pages that keep failing are made smaller. */
export const PAGE = {
  /** Sizes from large to small; the smallest is the one that vivenu promises everywhere. */
  sizes: [1000, 500, 250, 100],
  /** Failures in a row of pages of a size. */
  failures: 2,
  /** Good pages before a larger one is tried, doubled each time that it fails. */
  patience: 4,
  mostPatience: 64,
} as const;

/** Documents that were looked up by id and are handed out again. */
export const LOOKUPS = {
  entries: 100,
  ms: MINUTE,
} as const;
