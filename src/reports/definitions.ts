import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HISTORIES, SUMMARIES } from './summaries.js';
import { VIEWS } from './views.js';

const DIRECTORY = new URL('../../sql/', import.meta.url);

/** Tables with columns that are worked out from others, by `sql/enrich/<name>.sql`. */
export const ENRICHED = ['events', 'tickets'] as const;

/** SQL of a file under `sql/`, without the semicolon at its end. Throws when there is none. */
export const sqlFile = (path: string): string =>
  readFileSync(new URL(path, DIRECTORY), 'utf8').trim().replace(/;$/, '');

/** Changes when a summary, a history or a view is defined otherwise, or what they are made of. */
export function definitionsVersion(): string {
  const hash = createHash('sha256').update(JSON.stringify([SUMMARIES, HISTORIES]));
  for (const name of ENRICHED) hash.update(sqlFile(`enrich/${name}.sql`));
  for (const { name } of SUMMARIES) hash.update(sqlFile(`summaries/${name}.sql`));
  for (const name of VIEWS) hash.update(sqlFile(`views/${name}.sql`));
  hash.update(sqlFile('adopt/python-views.sql'));
  return hash.digest('hex').slice(0, 16);
}
