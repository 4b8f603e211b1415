import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPORTS } from '../../src/reports/export-list.js';
import { runs } from '../fuzz.js';
import { vivenuIngest, type Ended } from './command-line.js';
import { KEY, world, type World } from './world.js';

let here: World;
let folder: string;
let before: unknown;
beforeAll(async () => {
  here = await world({ tickets: 40 });
  await here.complete();
  folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-fuzz-'));
  await mkdir(path.join(folder, 'x'));
  before = await content();
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const content = async () => [
  await here.sql('select id, content_hash, deleted_at from auckland.tickets order by id'),
  await here.sql(`select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
    order by 1, 2`),
];

const command = (args: readonly string[]) =>
  vivenuIngest(args, {
    DATABASE_URL: here.database.url,
    EVENT_CONFIGS__auckland__token: KEY,
    EVENT_CONFIGS__auckland__event_id: '*',
    EVENT_CONFIGS__auckland__base_url: here.simulator.url,
  });

/** It ends with a code that is documented, says why when it is not 0, shows no secret and no line of its own code, and changes nothing. */
async function judge({ code, stdout, stderr }: Ended): Promise<void> {
  const said = `${stdout}${stderr}`;
  expect([0, 1, 2], said).toContain(code);
  if (code !== 0) expect(stderr.trim().length, said).toBeGreaterThan(10);
  expect(said).not.toContain(KEY);
  expect(said).not.toContain(here.database.config.password);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(stderr).not.toMatch(/TypeError|RangeError|ReferenceError|Unhandled|node:internal/);
  expect(await content()).toEqual(before);
}

/** An argument of a process holds no NUL, and half a surrogate pair would not arrive. */
const argument = (text: string) => text.replaceAll('\0', '').toWellFormed();

const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ..."select from where * tickets auckland.tickets count(*) raw id , ; ( ) ' \" $1 $$ -- /* */ null union all insert into delete update set drop table copy to program begin commit rollback explain analyze with as 1/0 pg_sleep(0) limit order by 1 :: jsonb interval array[] {} \\ ? @ % e'\\u0000' U&\"\\0041\" vacuum listen set_config('transaction_read_only','off',true) generate_series(1,3)".split(
        ' ',
      ),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
);
const query = fc.array(word, { maxLength: 10 }).map((words) => argument(words.join(' ')));
const number = fc.constantFrom('0', '1', '-1', '1e9', '99999999999999999999', 'x', '', '1.5');

describe('sql', () => {
  const options = fc.array(
    fc.oneof(
      fc.tuple(fc.constant('--format'), fc.constantFrom('table', 'json', 'csv', 'xml', '')),
      fc.tuple(fc.constant('--limit'), number),
      fc.tuple(fc.constantFrom('--', '-x', '--nonsense', '--format'), fc.constant('')),
    ),
    { maxLength: 2 },
  );

  it('of any words answers or says what is wrong, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(query, options, async (text, given) => {
        await judge(await command(['sql', ...given.flat(), text]));
      }),
      {
        numRuns: runs(12),
        examples: [
          ['select 1; drop table auckland.tickets', []],
          ['commit; delete from auckland.tickets', []],
          ["select set_config('transaction_read_only', 'off', false)", [['--format', 'csv']]],
          ["copy auckland.tickets to program 'cat'", []],
          ["select e'\\u0000'", [['--format', 'json']]],
        ],
      },
    );
  });
});

describe('report', () => {
  const name = fc.oneof(fc.constantFrom(...REPORTS.map((one) => one.name), 'all'), word.map(argument));
  const file = fc.constantFrom(
    'a.csv',
    'b.json',
    'c.xlsx',
    'd',
    'e.pdf',
    '../f.csv',
    'no/such/folder/g.csv',
    '',
    '-',
    '.',
    'ü ß.csv',
  );
  const option = fc.oneof(
    fc.tuple(fc.constant('--format'), fc.constantFrom('table', 'json', 'csv', 'xlsx', 'xml')),
    fc.tuple(fc.constant('--limit'), number),
    fc.tuple(fc.constant('--region'), fc.constantFrom('auckland', 'nowhere', '__proto__', "'; --")),
    fc.tuple(fc.constant('--output'), file),
    fc.constant(['--chart'] as const),
  );

  it('of any names and options writes what was asked for or says what is wrong, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { maxLength: 3 }),
        fc.array(option, { maxLength: 3 }),
        async (names, given) => {
          const inside = given.map(([flag, value]) =>
            flag === '--output' && value !== '' && value !== '-'
              ? [flag, path.join(folder, 'x', value)]
              : [flag, value],
          );
          await judge(
            await command(['report', ...names, ...inside.flat().filter((one) => one !== undefined)]),
          );
        },
      ),
      {
        numRuns: runs(12),
        examples: [
          [['all'], [['--format', 'xlsx']]],
          [['sales-daily'], [['--chart'], ['--limit', '0']]],
        ],
      },
    );
    // What is refused leaves no file half written.
    expect((await readdir(folder, { recursive: true })).filter((one) => one.includes('.part'))).toEqual([]);
  });
});
