import pg from 'pg';

interface Session {
  readonly url: string;
  readonly path: readonly string[];
  readonly zone: string;
}

/** A connection of somebody else's, with this search_path and time zone, closed when the work has ended. */
export async function inSession<T>(
  { url, path, zone }: Session,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`set search_path to ${path.map((schema) => `"${schema}"`).join(', ')}`);
    await client.query(`set timezone to '${zone}'`);
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What a query says, as text that can be compared. */
export async function answer(session: Session, sql: string): Promise<string[]> {
  return await inSession(session, async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select answer::text as line from (${sql}) as answer`,
    );
    return rows.map(({ line }) => line);
  });
}
