import { readFile } from 'node:fs/promises';

const DIRECTORY = new URL('../../sql/adopt/', import.meta.url);

/** The text of a file in `sql/adopt`, by its name without ending. */
export const adoptSql = async (name: string): Promise<string> =>
  await readFile(new URL(`${name}.sql`, DIRECTORY), 'utf8');

/** Puts SQL in the place of each name in braces. */
export const fill = (template: string, sqlOf: (name: string) => string): string =>
  template.replace(/\{([^{}]+)\}/g, (_, name: string) => sqlOf(name));

/** A text as an SQL literal, whatever it holds. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
