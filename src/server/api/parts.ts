import type { Config } from '../../config/config.js';
import type { DatabaseManager } from '../../load/database.js';
import type { Observer } from '../../observer.js';
import type { Changed } from './types.js';

/** Tells of what moved in the database, whichever process moved it. */
export interface Changes {
  /** Calls the listener with each change until the function that it returns is called. */
  on(listener: (changed: Changed) => void): () => void;
}

/** What the routes of the dashboard's API work with. */
export interface ApiParts {
  /** Reads only, by a few connections of its own, and waits for no server that is away. */
  readonly db: DatabaseManager;
  readonly config: Config;
  readonly observe: Observer;
  readonly changes: Changes;
  /** Aborted: the server ends. */
  readonly stop: AbortSignal;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask. @default viewer */
    role?: 'viewer' | 'operator' | 'anyone';
  }
}
