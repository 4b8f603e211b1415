/**
 * The three kinds of error, named by what the caller does next: stop, try again, set the record aside.
 * A message carries the place and the fact, and how to mend it where that is known; never a secret, never a value of a record.
 */

/** Stop: trying again cannot help (configuration, TLS, 401, 403, an unexplained 400 or 404). */
export class FatalError extends Error {
  override name = 'FatalError';
  /** HTTP status, where the error is an answer of vivenu. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** Again: the same call may go through later (408, 429, 5xx, network, time-out, a cut or non-JSON body). */
export class RetryableError extends Error {
  override name = 'RetryableError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Milliseconds that the server asked to wait (`Retry-After`). */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { status?: number; retryAfterMs?: number } = {}) {
    super(message, options);
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Aside: this one record cannot be stored; the rest of its page can. */
export class RecordError extends Error {
  override name = 'RecordError';
  /** Path of the field in vivenu's JSON, such as `realPrice`. */
  readonly field: string;

  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

/** The configuration or the command line is wrong: every problem at once, exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
