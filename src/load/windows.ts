import type { Window } from '../streams/window.js';
import type { Client, Database } from './client.js';
import { instant } from './rejects.js';

/** Keeps windows that a read has still to read and returns them with their ids. */
export async function keepWindows(
  client: Client,
  readId: string,
  windows: readonly Window[],
): Promise<Window[]> {
  const kept: Window[] = [];
  for (const window of windows) {
    const { rows } = await client.query<{ window_id: string }>(
      `insert into vivenu_ingest.windows (read_id, read_by, from_at, to_at, events, expected) values ($1, $2, $3, $4, $5, $6)
       returning window_id::text`,
      [readId, window.by, instant(window.from), instant(window.to), window.events, window.expected ?? null],
    );
    kept.push({ ...window, id: rows[0]?.window_id ?? null });
  }
  return kept;
}

/** The windows that an unfinished read left, with the progress of those that were begun. */
export async function loadWindows(db: Database, readId: string): Promise<Window[]> {
  const rows = await db.query<{
    window_key: string;
    read_by: Window['by'];
    from_at: Date | null;
    to_at: Date;
    events: string[] | null;
    expected: number | null;
    total: number | null;
    page_size: number | null;
    pages_done: number[];
  }>(
    `select windows.*, windows.window_id::text as window_key from vivenu_ingest.windows where read_id = $1 order by windows.window_id`,
    [readId],
  );
  return rows.map((row) => ({
    id: row.window_key,
    by: row.read_by,
    from: row.from_at?.getTime() ?? null,
    to: row.to_at.getTime(),
    events: row.events,
    ...(row.expected === null ? {} : { expected: row.expected }),
    pass:
      row.total === null || row.page_size === null
        ? null
        : { total: row.total, pageSize: row.page_size, done: row.pages_done },
  }));
}

/** Notes in the page's own transaction that one page of a pass is stored. */
export async function notePage(
  client: Client,
  window: Window,
  page: { total: number; pageSize: number; skip: number },
): Promise<void> {
  await client.query(
    `update vivenu_ingest.windows set total = $2, page_size = $3, pages_done = pages_done || $4::int where window_id = $1`,
    [window.id, page.total, page.pageSize, page.skip],
  );
}

/** A complete window has nothing left to read. */
export async function dropWindow(client: Client, window: Window): Promise<void> {
  await client.query(`delete from vivenu_ingest.windows where window_id = $1`, [window.id]);
}

/** Notes the newest update time among rows just stored, for the cursor that the read will end with. */
export async function noteNewest(client: Client, readId: string, newestUpdatedAt: number): Promise<void> {
  await client.query(`insert into vivenu_ingest.read_progress (read_id, newest_updated_at) values ($1, $2)`, [
    readId,
    instant(newestUpdatedAt),
  ]);
}
