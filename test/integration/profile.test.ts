import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnReader, loadProfile } from '../../src/profile/profile.js';
import { freshDatabase } from './database-fixture.js';

const ODD = [
  '1990-02-29',
  '29.02.2000',
  '0001-01-01',
  '9999-12-31T00:00:00Z',
  '1e400',
  '1.5',
  '-0',
  'x\0y',
  '\ud800',
  'Yes',
];

describe('what the readers of a profile give', () => {
  it('is taken by PostgreSQL as a value of its type', async () => {
    await using database = await freshDatabase();
    const text = loadProfile('hyrox').columns.nationality!;
    const value = fc.oneof(
      fc.constantFrom(...ODD),
      fc.string({ unit: 'binary' }),
      fc.jsonValue(),
      fc.double(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.stringMatching(/^[0-9]{1,4}[-.][0-9]{1,2}[-.][0-9]{1,4}$/),
      fc.stringMatching(/^[-+]?[0-9]{0,120}[.,]?[0-9]{0,5}$/),
    );
    const values = fc.sample(value, 5000);
    for (const [type, reader] of [
      ['text', 'text'],
      ['text', 'first-word'],
      ['date', 'date'],
      ['boolean', 'yes-no'],
      ['numeric', 'number'],
    ] as const) {
      const read = columnReader({ ...text, type, reader, fields: ['a'] });
      const cells = values.flatMap((a) => read({ extraFields: { a } }) ?? []);
      expect(cells.length, reader).toBeGreaterThan(0);
      const [row] = await database.query<{ count: number }>(
        `select count(cell::${type})::int as count from unnest($1::text[]) as cells (cell)`,
        [cells],
      );
      expect(row?.count, reader).toBe(cells.length);
    }
  });
});
