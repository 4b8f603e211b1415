import type { Purpose } from './purpose.js';

/** What the engine tells while it works; the log, the progress bars and any subscriber of a user's are observers. */
export type SyncEvent =
  | { readonly type: 'run.begin'; readonly runId: string; readonly regions: readonly string[] }
  | {
      readonly type: 'run.end';
      readonly runId: string;
      readonly status: string;
      readonly seconds: number;
      /** What became of each region; none where the run could not be carried out. */
      readonly regions: readonly { readonly region: string; readonly status: string }[];
    }
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
      readonly unchanged: number;
      /** Newly set aside. */
      readonly rejected: number;
    } & At)
  /** A page with everything that belongs to it is committed, of however many regions and streams. */
  | { readonly type: 'write'; readonly keyId: string; readonly rows: number; readonly ms: number }
  /** Rows that vanished at vivenu are marked. */
  | { readonly type: 'delete'; readonly region: string; readonly stream: string; readonly rows: number }
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
  /** vivenu answered. A request that got no answer shows as a retry, or as the error of its stream. */
  | ({
      readonly type: 'request';
      readonly keyId: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly ms: number;
      readonly rows?: number;
      /** Requests of the key's budget that could be sent at once. */
      readonly budgetLeft?: number;
    } & Partial<Purpose>)
  | ({
      readonly type: 'retry';
      readonly keyId: string;
      readonly path: string;
      readonly delayMs: number;
      readonly reason: string;
    } & Partial<Purpose>)
  /** Waiting for the request budget, because vivenu asked to, or in its outage. */
  | ({
      readonly type: 'wait';
      readonly keyId: string;
      readonly ms: number;
      readonly reason: string;
    } & Partial<Purpose>)
  /** The breaker of a host changed its state; `reason` is the failure that led to it. */
  | {
      readonly type: 'breaker';
      readonly keyId?: string;
      readonly host: string;
      readonly state: 'closed' | 'half-open' | 'open';
      readonly reason?: string;
    }
  /** PostgreSQL cannot be reached, for `awayMs` by now; it is asked again in `ms`. */
  | {
      readonly type: 'database.wait';
      readonly ms: number;
      readonly awayMs: number;
      readonly reason: string;
    }
  | { readonly type: 'database.back'; readonly awayMs: number }
  /** A transaction is run again in `ms`: it lost its connection, or the server undid it because of another one. */
  | { readonly type: 'database.retry'; readonly ms: number; readonly reason: string }
  /** A statement took long; its first characters, without values. */
  | { readonly type: 'database.slow'; readonly ms: number; readonly statement: string }
  /** A delivery of vivenu was answered; region null: of none that is configured. */
  | {
      readonly type: 'delivery';
      readonly region: string | null;
      readonly outcome: 'accepted' | 'doubled' | 'unsigned' | 'refused' | 'unreadable' | 'unavailable';
      readonly ms: number;
    }
  /** Deliveries of a region were worked off; `lagMs` after the oldest of them was received. */
  | {
      readonly type: 'deliveries';
      readonly region: string;
      readonly deliveries: number;
      readonly changed: number;
      readonly lagMs: number;
    }
  /** Deliveries of a region cannot be worked off now; it is tried again in `ms`. */
  | {
      readonly type: 'deliveries.wait';
      readonly region: string;
      readonly ms: number;
      readonly reason: string;
    }
  /** A worker came to the end of a job: it is done, tried again later, or set aside. */
  | {
      readonly type: 'job';
      readonly queue: string;
      readonly id: string;
      readonly outcome: 'done' | 'again' | 'dead';
      readonly ms: number;
      readonly reason: string | undefined;
    }
  /** The queue of jobs cannot be asked now. */
  | { readonly type: 'queue.error'; readonly reason: string }
  /** What waits: deliveries by region, and jobs by queue; null where no worker ever was. */
  | {
      readonly type: 'backlog';
      readonly deliveries: readonly { readonly region: string; readonly open: number }[];
      readonly jobs: {
        readonly queues: readonly {
          readonly queue: string;
          readonly waiting: number;
          readonly running: number;
        }[];
        readonly dead: readonly object[];
        readonly workers: readonly object[];
      } | null;
    }
  /** When a region is run next without being asked, in milliseconds since 1970; what is past is due. */
  | { readonly type: 'schedule.next'; readonly region: string; readonly at: number }
  /** Runs of a schedule cannot be begun now; they are looked at again in `ms`. */
  | {
      readonly type: 'schedule.wait';
      readonly regions: readonly string[];
      readonly ms: number;
      readonly reason: string;
    }
  /** Rows that a run found and no delivery had brought; the oldest had been changed so long before. */
  | {
      readonly type: 'drift';
      readonly region: string;
      readonly stream: string;
      readonly rows: number;
      readonly lateMs: number;
    }
  /** The dashboard could not answer. */
  | {
      readonly type: 'dashboard.error';
      readonly route: string;
      readonly status: number;
      readonly reason: string;
    }
  /** Somebody tried to log in to the dashboard. */
  | {
      readonly type: 'dashboard.login';
      readonly role: string;
      readonly outcome: 'in' | 'wrong' | 'too often';
      readonly address: string;
    }
  /** An operator looked at whom a ticket is for. */
  | {
      readonly type: 'dashboard.person';
      readonly region: string;
      readonly ticket: string;
      readonly address: string;
    }
  /** The budget of a key cannot be shared through the database: for a while this process counts for itself. */
  | { readonly type: 'budget'; readonly keyId: string; readonly reason: string };

interface At {
  readonly keyId: string;
  readonly stream: string;
  readonly regions: readonly string[];
}

/** Hears what the engine does, as it does it: it is called in the middle of the work, so it has to be quick and not to throw. */
export type Observer = (event: SyncEvent) => void;
