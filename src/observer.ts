/** What the engine tells while it works; the log, the progress bars and any subscriber of a user's are observers. */
export type SyncEvent =
  | { readonly type: 'run.begin'; readonly runId: string; readonly regions: readonly string[] }
  | { readonly type: 'run.end'; readonly runId: string; readonly status: string; readonly seconds: number }
  | { readonly type: 'region.failed'; readonly region: string; readonly error: string }
  /** A stream begins for regions that are read together; `total` rows are expected, where that is known. */
  | ({ readonly type: 'stream.begin'; readonly mode: string; readonly total: number | null } & At)
  | ({ readonly type: 'stream.end'; readonly status: string; readonly error?: string | undefined } & At)
  /** A page is stored. */
  | ({
      readonly type: 'page';
      readonly rows: number;
      readonly inserted: number;
      readonly updated: number;
    } & At)
  | ({ readonly type: 'window'; readonly from: string | null; readonly to: string } & At)
  | {
      readonly type: 'reject';
      readonly region: string;
      readonly stream: string;
      readonly id: string | null;
      readonly field: string;
      readonly reason: string;
    }
  | ({
      readonly type: 'proof';
      readonly api: number;
      readonly stored: number;
      readonly rejected: number;
    } & At)
  | {
      readonly type: 'retry';
      readonly keyId: string;
      readonly path: string;
      readonly delayMs: number;
      readonly reason: string;
    }
  /** Waiting for the request `budget`, because vivenu `asked` to, or in an `outage`. */
  | { readonly type: 'wait'; readonly keyId: string; readonly ms: number; readonly reason: string }
  /** The host of a key stopped answering (open), is tried again by one request (half-open), or is back (closed). */
  | {
      readonly type: 'breaker';
      readonly keyId: string;
      readonly host: string;
      readonly state: 'open' | 'half-open' | 'closed';
      readonly reason?: string;
    }
  /** The budget of a key cannot be shared through the database: for a while this process counts for itself. */
  | { readonly type: 'budget'; readonly keyId: string; readonly reason: string };

interface At {
  readonly keyId: string;
  readonly stream: string;
  readonly regions: readonly string[];
}

export type Observer = (event: SyncEvent) => void;
