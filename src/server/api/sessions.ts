import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { DashboardConfig } from '../../config/config.js';
import type { Database } from '../../load/client.js';

export type Role = 'viewer' | 'operator';

/** Somebody who is logged in. */
export interface Session {
  readonly token: string;
  readonly role: Role;
}

/** Nothing was asked for so long. */
const IDLE = '12 hours';
/** Then it ends whatever was asked. */
export const LASTS_S = 7 * 24 * 3600;

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Sent back with each POST; whoever knows it does not know the token. */
export const csrfOf = (token: string): string => sha256(`csrf ${token}`).toString('base64url');

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export const isSame = (one: string, other: string): boolean => timingSafeEqual(sha256(one), sha256(other));

/** Who is logged in, in a table that all processes of `serve` share. */
export class Sessions {
  readonly #db: Pick<Database, 'query' | 'transaction'>;
  readonly #hashes: Readonly<Record<Role, string | null>>;
  readonly #ended = new EventEmitter().setMaxListeners(0);

  constructor(db: Pick<Database, 'query' | 'transaction'>, { viewerHash, operatorHash }: DashboardConfig) {
    this.#db = db;
    this.#hashes = { viewer: viewerHash, operator: operatorHash };
  }

  /** Begins one. */
  async begin(role: Role): Promise<Session> {
    const token = randomBytes(32).toString('base64url');
    await this.#write(
      `with over as (delete from vivenu_ingest.sessions where ends_at < now() or seen_at < now() - interval '${IDLE}')
       insert into vivenu_ingest.sessions (token_hash, role, password_hash, ends_at)
       values ($1, $2, $3, now() + make_interval(secs => $4))`,
      [sha256(token), role, sha256(this.#hashes[role] ?? ''), LASTS_S],
    );
    return { token, role };
  }

  /** Who has this token; null: nobody, or no longer. */
  async find(token: string): Promise<Session | null> {
    const [row] = await this.#db.query<{ role: Role; password: Buffer; isOld: boolean }>(
      `select role, password_hash as password, seen_at < now() - interval '1 minute' as "isOld"
       from vivenu_ingest.sessions
       where token_hash = $1 and ends_at > now() and seen_at > now() - interval '${IDLE}'`,
      [sha256(token)],
    );
    const hash = row === undefined ? null : this.#hashes[row.role];
    if (row === undefined || hash === null || !row.password.equals(sha256(hash))) return null;
    if (row.isOld)
      await this.#write('update vivenu_ingest.sessions set seen_at = now() where token_hash = $1', [
        sha256(token),
      ]);
    return { token, role: row.role };
  }

  /** Ends it, on every machine. */
  async end(token: string): Promise<void> {
    await this.#write('delete from vivenu_ingest.sessions where token_hash = $1', [sha256(token)]);
    this.#ended.emit(csrfOf(token));
  }

  /** Calls `listener` when this process ends the session; returns what takes it off again. */
  onEnd(token: string, listener: () => void): () => void {
    const name = csrfOf(token);
    this.#ended.once(name, listener);
    return () => void this.#ended.off(name, listener);
  }

  async #write(text: string, values: readonly unknown[]): Promise<void> {
    await this.#db.transaction(async (client) => {
      await client.query('set transaction read write');
      await client.query(text, values);
    });
  }
}
