import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { getConfig, VARIABLES, type Config } from '../../src/config/config.js';
import { REGION_KEYS } from '../../src/config/regions.js';
import { UsageError } from '../../src/errors.js';
import { runs } from '../fuzz.js';

const SECRET = 'geheim-secret-42';
const directory = mkdtempSync(join(tmpdir(), 'vivenu-ingest-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Reads it; a configuration, or problems that say something, each on one line, and show no secret. */
function judge(env: Record<string, string>, file?: string): Config | readonly string[] {
  if (file !== undefined) writeFileSync(join(directory, '.env'), file);
  try {
    const config = getConfig({ env, directory, ...(file === undefined ? { envFile: null } : {}) });
    expect(config.warnings.join('\n')).not.toContain(SECRET);
    expect(Object.isFrozen(config)).toBe(true);
    return config;
  } catch (error) {
    expect(error, String(error instanceof Error ? error.stack : error)).toBeInstanceOf(UsageError);
    const { problems, message, stack } = error as UsageError;
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.trim().length).toBeGreaterThan(5);
    expect(`${message}${stack}${problems.join('\n')}`).not.toContain(SECRET);
    return problems;
  }
}

const names = VARIABLES.map(({ name }) => name).filter((name) => !name.includes('<'));
const secretNames = new Set(VARIABLES.filter(({ secret }) => secret).map(({ name }) => name));
const regionKeys = [
  ...Object.keys(REGION_KEYS).filter((key) => !key.includes('<')),
  'field_x',
  'field_',
  'tokn',
  '',
];
const regionNames = fc.oneof(
  fc.constantFrom(
    'auckland',
    'Auckland',
    'münchen',
    'a b',
    '',
    '__proto__',
    'constructor',
    '..',
    'x'.repeat(70),
    'pg_x',
    'vivenu_ingest',
  ),
  fc.string({ maxLength: 8 }),
);

/** Texts that a person or a machine may put behind a variable. */
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', '')),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom(
    '',
    ' ',
    '*',
    'true',
    'TRUE',
    'yes',
    '0',
    '-1',
    '1e3',
    '0x10',
    '１２',
    'Infinity',
    'NaN',
    '1,2',
    ',',
    '*,x',
    'https://vivenu.com/api',
    'http://example.com',
    'https://u:p@x/',
    'postgres://',
    'postgres://u:p@h:99999/d',
    'postgres://u:p@/d?host=/tmp',
    'file:///etc/passwd',
    '../..',
    '*/15 * * * *',
    '* * * * * * *',
    '{}',
    '[]',
    'null',
    '\r\n',
    '{{x}}',
    '$(id)',
  ),
);
/** The same around a secret. */
const secretText = fc.oneof(
  fc.constant(SECRET),
  fc.tuple(text, text).map(([before, after]) => `${before}${SECRET}${after}`),
  fc.constantFrom(
    `postgres://u:${SECRET}@host/db`,
    `postgres://u:${SECRET}@:x/`,
    `http://${SECRET}`,
    `postgres://${SECRET}`,
    `https://hooks/${SECRET}`,
    ` ${SECRET} `,
    `${SECRET}\n`,
    `ключ${SECRET}`,
  ),
);

const setting = fc
  .constantFrom(...names)
  .chain((name) => fc.tuple(fc.constant(name), secretNames.has(name) ? secretText : text));
const regionSetting = fc.tuple(regionNames, fc.constantFrom(...regionKeys)).chain(([region, key]) => {
  const secret = Object.hasOwn(REGION_KEYS, key) && REGION_KEYS[key]?.secret === true;
  return fc.tuple(fc.constant(`EVENT_CONFIGS__${region}__${key}`), secret ? secretText : text);
});
const foreign = fc.tuple(
  fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      'HTTP_RETRYS',
      'POSTGRES_PASS',
      'EVENT_CONFIG__x__token',
      'event_configs__x__TOKEN',
      'EVENT_CONFIGS__',
      '__proto__',
      'PATH',
    ),
  ),
  text,
);
const variable = fc.oneof(
  { weight: 3, arbitrary: setting },
  { weight: 5, arbitrary: regionSetting },
  { weight: 1, arbitrary: foreign },
);

const good: [string, string][] = [
  ['EVENT_CONFIGS__good__token', SECRET],
  ['EVENT_CONFIGS__good__event_id', '*'],
];

describe('any variables', () => {
  it('are a configuration, or problems that name what is wrong and no secret', () => {
    fc.assert(
      fc.property(fc.array(variable, { maxLength: 12 }), (variables) => {
        judge(Object.fromEntries([...good, ...variables]));
      }),
      {
        numRuns: runs(1500),
        examples: [
          [[['DATABASE_URL', `postgres://u:${SECRET}@h:99999/d`]]],
          [[['DATABASE_URL', `postgres://u:${SECRET}`]]],
          [[['EVENT_CONFIGS____proto____token', SECRET]]],
          [[['REPORT_WEBHOOK_URL', `ftp://${SECRET}`]]],
        ],
      },
    );
  });

  it('that are wrong are all named at once', () => {
    const wrong = fc.uniqueArray(
      fc.constantFrom(
        'HTTP_TIMEOUT',
        'HTTP_RETRIES',
        'BATCH_SIZE',
        'BATCH_MAX_WORKERS',
        'SYNC_OVERLAP',
        'LOG_LEVEL',
        'STORE_BARCODES',
        'SERVE_PORT',
      ),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(wrong, fc.constantFrom('x', '-1', 'NaN', '1e99'), (chosen, value) => {
        const problems = judge(
          Object.fromEntries([...good, ...chosen.map((name) => [name, value] as const)]),
        );
        expect(Array.isArray(problems)).toBe(true);
        for (const name of chosen) expect(problems).toContainEqual(expect.stringContaining(name));
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('any .env', () => {
  const quoted = ([name, value]: readonly [string, string], quote: string) =>
    `${name}=${quote}${value}${quote}`;
  const line = fc.oneof(
    fc.tuple(variable, fc.constantFrom('', '"', "'", '`')).map(([one, quote]) => quoted(one, quote)),
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '# a comment',
      'export X=1',
      '=',
      'A',
      'A=',
      '"',
      "EVENT_CONFIGS__x__token='",
      '\uFEFF',
      `EVENT_CONFIGS__x__token=${SECRET}#1`,
    ),
  );

  it('is a configuration, or problems that name what is wrong and no secret', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\n\n'), (lines, end) => {
        judge(Object.fromEntries(good), lines.join(end));
      }),
      { numRuns: runs(600), examples: [[[`EVENT_CONFIGS__x__token=${SECRET}#1`], '\n']] },
    );
  });
});

describe('the regions', () => {
  it('of a configuration that is taken have a key, an address and a schema of their own', () => {
    fc.assert(
      fc.property(fc.array(variable, { maxLength: 12 }), (variables) => {
        const config = judge(Object.fromEntries([...good, ...variables]));
        if (Array.isArray(config)) return;
        const { events } = config as Config;
        expect(new Set(events.map(({ schema }) => schema)).size).toBe(events.length);
        for (const { token, baseUrl, schema, eventIds } of events) {
          expect(token).toMatch(/^[\x21-\x7e]+$/);
          expect(URL.canParse(baseUrl)).toBe(true);
          expect(Buffer.byteLength(schema)).toBeLessThanOrEqual(63);
          expect(eventIds === null || eventIds.length > 0).toBe(true);
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
