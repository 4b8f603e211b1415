/** Documents that are asked for by id, kept for a while. */
import { LOOKUPS } from './policies.js';

export interface CacheStats {
  cacheHits: number;
  cacheMisses: number;
}

/** Remembers what look-ups brought, the latest so many for so long; two at once share one request, and a failure is not kept. */
export class LookupCache {
  readonly #kept = new Map<string, { document: Promise<unknown>; until: number }>();
  readonly #stats: CacheStats;
  readonly #now: () => number;

  constructor(stats: CacheStats, now: () => number = () => performance.now()) {
    this.#stats = stats;
    this.#now = now;
  }

  /** A copy of the document under a key, which is the caller's own. Throws what `look` throws. */
  async get(key: string, look: () => Promise<unknown>): Promise<unknown> {
    const known = this.#kept.get(key);
    const fresh = known !== undefined && this.#now() < known.until ? known : undefined;
    this.#stats[fresh ? 'cacheHits' : 'cacheMisses']++;
    const entry = fresh ?? { document: look(), until: this.#now() + LOOKUPS.ms };
    this.#keep(key, entry);
    try {
      return structuredClone(await entry.document);
    } catch (error) {
      if (this.#kept.get(key) === entry) this.#kept.delete(key);
      throw error;
    }
  }

  /** The latest asked for is the last in the map. */
  #keep(key: string, entry: { document: Promise<unknown>; until: number }): void {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LOOKUPS.entries && oldest !== undefined) this.#kept.delete(oldest);
  }
}
