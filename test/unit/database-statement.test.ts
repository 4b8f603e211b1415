import { describe, expect, it } from 'vitest';
import { isQuestion, shownStatement } from '../../src/load/statement.js';

describe('a statement in a log', () => {
  it.each([
    ["select 'Jane ''D'' Doe', E'Jane', 1", "select '?', '?', 1"],
    ['select $$Jane$$, $x$Jane $$ Jane$x$, $1::text, $2', "select '?', '?', $1::text, $2"],
    ['select 1 -- Jane\n from t', 'select 1 from t'],
    [`select 'Jane that never ends`, "select '?'"],
    ['insert into "hong-kong"."tickets" values ($1)', 'insert into "hong-kong"."tickets" values ($1)'],
  ])('has no value: %s', (text, shown) => expect(shownStatement(text)).toBe(shown));

  it('is short, and quickly', () => {
    const begin = performance.now();
    expect(shownStatement(`select ${'a, '.repeat(5_000_000)}`)).toHaveLength(200);
    expect(performance.now() - begin).toBeLessThan(200);
  });
});

describe('a statement that only asks', () => {
  it.each(['select 1', '\n  SELECT 1', 'show server_version'])('%s', (text) =>
    expect(isQuestion(text)).toBe(true),
  );
  it.each([
    'insert into t values (1)',
    'update t set a = 1',
    'with gone as (delete from t returning 1) select * from gone',
    'select 1; delete from t',
    'selection',
  ])('is not %s', (text) => expect(isQuestion(text)).toBe(false));
});
