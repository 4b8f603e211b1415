/** Lists, page by page, with the page size that the server bears. */
import { FatalError, RetryableError } from '../errors.js';
import type { Answer, Question } from './exchange.js';
import { PageSize, SAFE_TOP, type Asked } from './page-size.js';

/** One answer of a list. */
export interface Page {
  readonly rows: readonly unknown[];
  /** Rows that match the filter; null for a bare array, which tells none. */
  readonly total: number | null;
  /** Milliseconds since 1970 by the local clock, when the request that succeeded was sent. */
  readonly requestedAt: number;
  /** The `Date` header in milliseconds since 1970, or null. */
  readonly serverTime: number | null;
}

/** A page of any list, for what has no method of its own. */
export interface ListQuery {
  readonly path: string;
  /** Where the rows are in the answer: `rows` or `docs`. */
  readonly items: string;
  /**
   * A bare array is accepted too. It has no total, and the server may clamp it in silence:
   * go on by `skip` until an answer is empty or brings no new id.
   */
  readonly bareArray?: boolean;
  readonly params?: Readonly<Record<string, string>>;
  readonly skip: number;
  /** Lowered to the page size that was learnt for the path. */
  readonly top: number;
}

/** Where to begin, how many rows, and vivenu's own filters. */
export interface ListOptions {
  readonly skip?: number;
  readonly limit?: number;
  readonly [filter: string]: string | number | undefined;
}

/** Asks one question until it is answered or given up. */
export type Ask = <T>(
  path: string,
  signal: AbortSignal | undefined,
  question: Omit<Question<T>, 'path' | 'signal'>,
) => Promise<Answer<T>>;

/** Reads lists and learns their page sizes. */
export interface Lister {
  /**
   * One page, which may have fewer rows than asked for. A `top` above 100 that vivenu refuses is asked again once with 100,
   * which is remembered for the path if it works.
   */
  list(query: ListQuery, signal: AbortSignal | undefined): Promise<Page>;
  /** Rows that one request to this path brings at most: what was learnt, else 1000. */
  pageSize(path: string): number;
  /** Begins with pages of a size that an earlier run knew. */
  expectPageSize(path: string, rows: number): void;
  /** The host is back after it was down. */
  recovered(): void;
}

/** Lists through `ask`; `probing` tells whether the host is down, so that a request finds out whether it is back. */
export function createLister(ask: Ask, probing: () => boolean): Lister {
  const sizes = new Map<string, PageSize>();
  const sizeOf = (path: string): PageSize => {
    const size = sizes.get(path) ?? new PageSize();
    sizes.set(path, size);
    return size;
  };
  const read = reader(ask, probing);
  return {
    pageSize: (path) => sizeOf(path).rows,
    expectPageSize: (path, rows) => sizeOf(path).expect(rows),
    recovered: () => sizes.forEach((size) => size.recovered()),
    list: async (query, signal) => {
      const size = sizeOf(query.path);
      try {
        const { page, repeat } = await read(query, size, signal);
        return repeat ? (await read(query, size, signal)).page : page;
      } catch (error) {
        const top = Math.min(query.top, size.rows);
        if (!(error instanceof FatalError && error.status === 400 && top > SAFE_TOP)) throw error;
        const safe = { ...query, top: SAFE_TOP };
        const { page } = await read(safe, size, signal).catch((second: unknown) => {
          throw second instanceof FatalError ? error : second;
        });
        size.refused();
        return page;
      }
    },
  };
}

/** Reads one page, each try with the size that holds by then; tells whether it is to be read again whole. */
function reader(ask: Ask, probing: () => boolean) {
  return async (
    query: ListQuery,
    size: PageSize,
    signal: AbortSignal | undefined,
  ): Promise<{ page: Page; repeat: boolean }> => {
    let asked: Asked = { top: query.top, as: 'page', outages: 0 };
    const { path, params, skip } = query;
    try {
      const { value, ...times } = await ask(path, signal, {
        params: () => {
          asked = size.next(query.top, probing());
          return { ...params, skip: String(skip), top: String(asked.top) };
        },
        failed: (error) => size.failed(asked, error),
        read: (body, question) => readList(body, query, question),
        rows: ({ rows }) => rows.length,
      });
      const rows = { skip, count: value.rows.length, total: value.total };
      size.worked(asked, rows);
      return { page: { ...value, ...times }, repeat: size.isToRepeat(asked, query.top, rows) };
    } finally {
      size.release(asked);
    }
  };
}

/** Throws a RetryableError for an answer without its array or total: it was cut, and is never an empty list. */
function readList(body: unknown, query: ListQuery, asked: string): Pick<Page, 'rows' | 'total'> {
  if (Array.isArray(body) && query.bareArray === true) return { rows: body, total: null };
  const fields: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const { [query.items]: rows, total } = fields;
  if (!Array.isArray(rows)) throw new RetryableError(`${asked}: the answer has no array ${query.items}`);
  if (typeof total !== 'number' || !Number.isInteger(total) || total < 0) {
    throw new RetryableError(`${asked}: the answer has no whole number total`);
  }
  return { rows, total };
}
