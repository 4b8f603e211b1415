/** The arithmetic of docs/scaling.md: what so many keys and tickets need, from measured costs. Pure. */

/** Measured; seconds of CPU unless a name says otherwise, of one ticket or one run. */
export interface Costs {
  /** How many tickets it was measured with. */
  readonly tickets: number;
  /** Disk of a ticket with its indexes and everything that is made of it, bytes. */
  readonly ticketBytes: number;
  /** Indexes of the table of tickets, bytes a ticket. */
  readonly keyBytes: number;
  /** Written to the log of the server at the first load, bytes a ticket. */
  readonly walBytes: number;
  readonly loadNode: number;
  readonly loadPostgres: number;
  /** Seconds of the clock a ticket. */
  readonly loadWall: number;
  readonly loadRequests: number;
  /** Of PostgreSQL, a ticket. */
  readonly vacuum: number;
  readonly idleRequests: number;
  /** Of a process that is started for the run. */
  readonly idleNode: number;
  readonly idlePostgres: number;
  readonly idleWall: number;
  /** The same of a process that stays up, such as `serve` or a worker. */
  readonly stayNode: number;
  readonly stayPostgres: number;
  /** Making the summaries of an event anew, a ticket of that event. */
  readonly refreshPostgres: number;
  /** Bytes that a run leaves in the books. */
  readonly bookBytes: number;
  /** Bytes that a run adds to the history of an event that is not over. */
  readonly historyBytes: number;
}

/** Assumptions, not measured. */
export interface Scene {
  readonly name: string;
  readonly keys: number;
  readonly tickets: number;
}

/** Seconds between two runs of a key. */
export const INTERVAL = 300;
/** Share of the tickets that belong to events which sold something between two runs. */
export const ON_SALE = 0.1;
/** Events of a key that are not over. */
export const EVENTS = 5;
const YEAR = 3600 * 24 * 365;
/** How much of a core may be planned with. */
export const PLANNED = 0.7;
/** Requests an hour that a key may send. */
export const BUDGET = 1000;
const PAGE = 1000;

export const SCENES: readonly Scene[] = [
  { name: 'one seller', keys: 1, tickets: 100_000 },
  { name: 'an agency', keys: 40, tickets: 4_000_000 },
  { name: 'a large agency', keys: 400, tickets: 20_000_000 },
  { name: 'all of vivenu, as assumed', keys: 4000, tickets: 100_000_000 },
];

export interface Needs {
  /** Of a key, nothing changed, an hour. */
  readonly requests: number;
  /** Hours of the first load of all keys with one core each for Node and PostgreSQL. */
  readonly coreHours: number;
  readonly diskBytes: number;
  readonly booksBytesYear: number;
  readonly historyBytesYear: number;
  /** Cores in steady state. */
  readonly nodeCores: number;
  readonly postgresCores: number;
}

/** Requests of a first load of a key with so many tickets: a page each, and a tenth and twenty more at most. */
export const loadRequests = (tickets: number): number => 1.1 * Math.ceil(tickets / PAGE) + 20;

/** Hours that a first load of a key waits for its budget; a bucket that is full at first lets the first thousand through at once. */
export const budgetHours = (tickets: number): number => Math.max(0, loadRequests(tickets) - BUDGET) / BUDGET;

/** What a scene needs by these costs. */
export function needsOf({ keys, tickets }: Scene, costs: Costs): Needs {
  const runs = keys / INTERVAL;
  return {
    requests: (3600 / INTERVAL) * costs.idleRequests,
    coreHours: (tickets * Math.max(costs.loadNode, costs.loadPostgres)) / 3600,
    diskBytes: tickets * costs.ticketBytes,
    booksBytesYear: runs * YEAR * costs.bookBytes,
    historyBytesYear: runs * YEAR * EVENTS * costs.historyBytes,
    nodeCores: runs * costs.stayNode,
    postgresCores: runs * costs.stayPostgres + (tickets * ON_SALE * costs.refreshPostgres) / INTERVAL,
  };
}

/** Cores to buy for so many that are busy. */
export const planned = (cores: number): number => Math.ceil(cores / PLANNED);
