import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { sqlFile } from '../../src/reports/definitions.js';
import { HISTORIES, SUMMARIES } from '../../src/reports/summaries.js';
import { VIEWS } from '../../src/reports/views.js';

const PAGE = new URL('../../docs/reports.md', import.meta.url).pathname;

interface Documented {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly (readonly [name: string, says: string])[];
}

/** What a view's file says of it and of each column, by its own comments. */
function viewOf(name: string): Documented {
  const sql = sqlFile(`views/${name}.sql`);
  const text = (quoted: string) => quoted.replaceAll("''", "'");
  const [, says = ''] = /comment on view \w+ is\s+'((?:[^']|'')*)'/.exec(sql) ?? [];
  const columns = [...sql.matchAll(/comment on column \w+\.(\w+) is\s+'((?:[^']|'')*)'/g)];
  return { name, says: text(says), columns: columns.map(([, column = '', is = '']) => [column, text(is)]) };
}

const tableOf = ({
  name,
  says,
  columns,
}: (typeof SUMMARIES)[number] | (typeof HISTORIES)[number]): Documented => ({
  name,
  says,
  columns: Object.entries(columns).map(([column, { says: is }]) => [column, is]),
});

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const section = ({ name, says, columns }: Documented) =>
  `### ${name}\n\n${says}\n\n| column | what it says |\n| --- | --- |\n${columns.map(([column, is]) => `| \`${column}\` | ${cell(is)} |`).join('\n')}\n`;

const VIEW_PAGES = VIEWS.map(viewOf);

const page = () => `# What the database answers

Every region's schema has these views, and the schema \`vivenu\` has each once more over all regions, with \`region\` as its first column. All but
\`v_tickets_sold\` are free of names, e-mail addresses and birth dates. \`vivenu-ingest report <name>\` prints one of them: its name without
\`v_\`, with hyphens. BI tools show the same words as comments.

| view | question |
| --- | --- |
${VIEW_PAGES.map(({ name, says }) => `| [\`${name}\`](#${name}) | ${cell(/^[^?]*\?/.exec(says)?.[0] ?? says)} |`).join('\n')}

## Views

${VIEW_PAGES.map(section).join('\n')}

## Tables that the views read

Worked out after each run, for the events that changed, in one transaction; only rows that differ are written. They are queried like any other.

${SUMMARIES.map(tableOf).map(section).join('\n')}

## Histories

Only ever added to.

${HISTORIES.map(tableOf).map(section).join('\n')}
`;

describe('docs/reports.md', () => {
  it('has every view, summary and history with every column, as their own comments say it', async () => {
    const text = await format(page(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
    await expect(text).toMatchFileSnapshot(PAGE);
  });

  it.each(VIEWS)('%s has a question and a comment on every column', (name) => {
    const { says, columns } = viewOf(name);
    expect(says).toContain('?');
    expect(columns.length).toBeGreaterThan(3);
    expect(sqlFile(`views/${name}.sql`)).toMatch(/^-- [A-Z][^\n]*/);
  });
});
