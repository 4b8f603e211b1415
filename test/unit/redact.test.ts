import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../src/errors.js';
import { hideSecrets, isSecretName, redactText } from '../../src/redact.js';
import { logText, redact } from '../../src/redact-value.js';

const SECRET = 'Zq7TOPsecretZq7';
const shown = (value: unknown) => JSON.stringify(redact(value));

const NAMES = [
  ...[
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'x-api-key',
    'X-Auth-Token',
  ],
  ...[
    'token',
    'accessToken',
    'refresh_token',
    'passwordResetToken',
    'verificationToken',
    'verification-token',
  ],
  ...['secret', 'clientSecret', 'barcode', 'password', 'POSTGRES_PASSWORD', 'passwd', 'pwd'],
  ...['apiKey', 'api_key', 'APIKEY', 'hmacKey', 'hmac_key', 'webhook_key', 'privateKey', 'secretKey'],
  ...['x-vivenu-signature', 'DATABASE_URL', 'REPORT_WEBHOOK_URL', 'METRICS_PUSH_URL', 'sessionId', 'jwt'],
];
const OPEN_NAMES = [
  'region',
  'tokenType',
  'secretary',
  'cookieName',
  'key',
  'keyId',
  'id',
  'barcodeCount',
  'url',
];

describe('a name', () => {
  it.each(NAMES)('%s is that of a secret', (name) => expect(isSecretName(name)).toBe(true));
  it.each(OPEN_NAMES)('%s is not', (name) => expect(isSecretName(name)).toBe(false));
});

describe('a value under the name of a secret', () => {
  it.each([
    ['text', SECRET],
    ['a number', 123456789],
    ['an object', { a: SECRET }],
    ['a list', [SECRET]],
    ['bytes', Buffer.from(SECRET)],
  ])('is hidden when it is %s', (_, value) => {
    expect(redact({ deep: [{ token: value }] })).toEqual({ deep: [{ token: '[hidden]' }] });
  });

  it('is left when it tells nothing', () => {
    const value = { storeBarcodes: true, token: null, secret: false };
    expect(redact(value)).toEqual(value);
  });

  it('is found in every shape that headers have', () => {
    const headers = { Authorization: `Bearer ${SECRET}`, Cookie: `a=1; sid=${SECRET}`, 'x-api-key': SECRET };
    const shapes = [
      headers,
      Object.entries(headers),
      Object.entries(headers).flat(),
      Object.entries(headers).map(([name, value]) => ({ name, value })),
      new Headers(headers),
      new Map(Object.entries(headers)),
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join(''),
    ];
    for (const shape of shapes) expect(shown({ shape })).not.toContain(SECRET);
  });
});

describe('a text', () => {
  it.each([
    `authorization: Bearer ${SECRET}`,
    `Authorization: Strange ${SECRET}`,
    `Proxy-Authorization: Basic ${Buffer.from(`u:${SECRET}`).toString('base64')}`,
    `cookie: first=1; session=${SECRET}; last=2`,
    `Set-Cookie: sid=${SECRET}; HttpOnly`,
    `sent bearer ${SECRET}`,
    `https://vivenu.com/api/tickets?token=${SECRET}&skip=0`,
    `https://vivenu.com/api/tickets?skip=0&access_token=${SECRET}`,
    `https://vivenu.com/reset#passwordResetToken=${SECRET}`,
    `postgres://user:${SECRET}@host:5432/database`,
    `postgres://user:${SECRET}/with@odd?signs#@host/database`,
    `https://${SECRET}@host/`,
    `{"password":"${SECRET}"}`,
    JSON.stringify({ body: JSON.stringify({ apiKey: SECRET }) }),
    JSON.stringify({ body: JSON.stringify({ deep: JSON.stringify({ hmacKey: SECRET }) }) }),
    `{'secret': '${SECRET}'}`,
    `password=${SECRET}`,
    `barcode: ${SECRET}`,
    `Key (email)=(${SECRET}@b.c) already exists.`,
    `Key (event_id, email)=(1, ${SECRET}) is not present in table "events".`,
    `Failing row contains (1, ${SECRET}, (x)).`,
    `invalid input syntax for type integer: "${SECRET}"`,
    `date/time field value out of range: "${SECRET}"`,
  ])('loses what is secret: %s', (text) => {
    expect(redactText(text)).not.toContain(SECRET);
    expect(redactText(text)).toContain('[hidden]');
    expect(redactText(redactText(text))).toBe(redactText(text));
  });

  it.each([
    'GET /tickets: 503 (vivenu: the token: expired)',
    'https://vivenu.com:443/api/tickets?skip=0&top=1000 was asked',
    'https://vivenu.com/api: 404; set base_url',
    '3 tokens are left of the budget',
    'the basic rules of a cookie',
    'PostgreSQL at localhost:5432, database "vivenu", user "me": connection refused',
    'auckland/tickets: vivenu lists 12 rows; 11 are stored and 0 set aside',
  ])('without a secret stays as it is: %s', (text) => expect(redactText(text)).toBe(text));

  it('loses the secrets of the configuration wherever they stand', () => {
    hideSecrets(['the "key" of / Auckland', null, 'abc']);
    const written = ['the "key" of / Auckland', encodeURIComponent('the "key" of / Auckland')];
    for (const secret of written) expect(logText(`x${secret}y`)).toBe('x[hidden]y');
    expect(shown({ [`x${String(written[0])}`]: JSON.stringify(written) })).not.toMatch(/key.* of/);
    expect(redactText('abc is too short to be told from a word')).toContain('abc');
  });

  it('takes linear time, however it is made', () => {
    const bits = [
      'token=',
      '"token":"',
      'Key (a)=(',
      'Failing row contains (',
      'a://',
      '\\',
      '"',
      'cookie: ',
      'eyJa.',
      ': "',
      'out of range',
    ];
    for (const bit of [...bits, ...bits.map((one) => `${one} `)]) {
      const begin = performance.now();
      redactText(bit.repeat(200_000 / bit.length));
      expect(performance.now() - begin, bit).toBeLessThan(2000);
    }
  });
});

describe('an error', () => {
  it('loses secrets in message, stack, properties and causes, however deep', () => {
    const root = Object.assign(new Error(`password=${SECRET}`), { config: { headers: { Cookie: SECRET } } });
    const middle = new RetryableError(`sent Bearer ${SECRET}`, { cause: root, status: 503 });
    const error = new FatalError(`https://u:${SECRET}@host/`, { cause: middle });
    const both = new AggregateError([error, `token=${SECRET}`], `token=${SECRET}`);
    expect(shown(both)).not.toContain(SECRET);
    expect(redact(both)).toMatchObject({
      type: 'AggregateError',
      errors: [
        { type: 'FatalError', cause: { type: 'RetryableError', status: 503, cause: { type: 'Error' } } },
        {},
      ],
    });
  });

  it('keeps the places of its stack, and no second message', () => {
    const error = new Error('first\n    at nowhere (fake.ts:1:1)\nlast');
    const { stack } = redact(error) as { stack: string };
    expect(stack).toMatch(/^Error: first\n {4}at nowhere \(fake\.ts:1:1\)\nlast\n {4}at .*redact\.test\.ts/);
  });

  it('of PostgreSQL loses the rows that it quotes and keeps the rest', () => {
    const error = new pg.DatabaseError(
      'duplicate key value violates unique constraint "tickets_pkey"',
      100,
      'error',
    );
    Object.assign(error, {
      code: '23505',
      detail: `Key (email)=(${SECRET}) already exists.`,
      where: `COPY tickets, line 1: "${SECRET}"`,
      internalQuery: `select '${SECRET}'`,
      constraint: 'tickets_pkey',
    });
    expect(shown({ err: error })).not.toContain(SECRET);
    expect(redact(error)).toMatchObject({ code: '23505', constraint: 'tickets_pkey', detail: '[hidden]' });
    const odd = Object.assign(new pg.DatabaseError(`unknown words: "${SECRET}"`, 1, 'error'), {
      code: '22P02',
    });
    expect(shown(odd)).not.toContain(SECRET);
  });

  it('is told from plain data by nothing else than being one', () => {
    expect(redact({ detail: 'kept', message: 'kept' })).toEqual({ detail: 'kept', message: 'kept' });
  });
});

describe('a value', () => {
  it('may hold itself', () => {
    const value: Record<string, unknown> = { region: 'auckland' };
    value['self'] = value;
    value['list'] = [value];
    expect(redact(value)).toEqual({ region: 'auckland', self: '[circular]', list: ['[circular]'] });
    const error = new Error('round');
    error.cause = error;
    expect(redact(error)).toMatchObject({ cause: '[circular]' });
  });

  it('that is used twice is shown twice', () => {
    const part = { a: 1 };
    expect(redact([part, part])).toEqual([part, part]);
  });

  it('may refuse to be read', () => {
    const value = {
      ok: 1,
      get broken(): string {
        throw new Error('no');
      },
      proxy: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
      toText: {
        toJSON: () => {
          throw new Error('no');
        },
      },
    };
    expect(redact(value)).toEqual({
      ok: 1,
      broken: '[unreadable]',
      proxy: '[unreadable]',
      toText: '[unreadable]',
    });
  });

  it('of any type becomes plain data', () => {
    const value = {
      ...{ big: 12n, none: undefined, not: NaN, symbol: Symbol('x'), call: () => 1 },
      ...{
        bytes: Buffer.from('abc'),
        date: new Date(0),
        never: new Date(NaN),
        url: new URL('https://u:p@h/'),
      },
      set: new Set([1]),
    };
    expect(redact(value)).toEqual({
      ...{ big: '12', none: undefined, not: 'NaN', symbol: '[symbol]', call: '[function]' },
      ...{
        bytes: '[3 bytes]',
        date: '1970-01-01T00:00:00.000Z',
        never: '[no date]',
        url: 'https://[hidden]@h/',
      },
      set: [1],
    });
  });

  it('that is huge is cut, and quickly', () => {
    const begin = performance.now();
    const text = 'x'.repeat(10_000_000);
    const list = Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: 'x'.repeat(50) }));
    let deep: unknown = 'end';
    for (let level = 0; level < 10_000; level++) deep = { deep };
    const made = performance.now();
    const long = redact(text) as string;
    expect(long.length).toBeLessThan(9000);
    expect(long).toContain('more characters]');
    expect(shown(list).length).toBeLessThan(100_000);
    expect(shown(deep)).toContain('[deep]');
    // However busy the machine is: in less time than it takes to make them.
    expect(performance.now() - made).toBeLessThan(made - begin);
  });

  it('that is cut shows no part of a secret', () => {
    for (let before = 7970; before < 8020; before++)
      expect(logText(`${'x '.repeat(before / 2)}token=${SECRET} end`)).not.toContain(SECRET.slice(0, 5));
    const address = `${'x '.repeat(499_990)}https://user:${SECRET.repeat(3)}@host/`;
    expect(logText(address)).not.toContain(SECRET.slice(0, 5));
  });

  it('shows characters that would act on a terminal or turn the text', () => {
    expect(logText('a\x1b[2J\r\x9b1m\u202eb\u2028\x00')).toBe(
      'a\\u001b[2J\\u000d\\u009b1m\\u202eb\\u2028\\u0000',
    );
    expect(logText('tab\tand\nline')).toBe('tab\tand\nline');
    expect(Object.keys(redact({ 'a\x1b': 1 }) as object)).toEqual(['a\\u001b']);
  });
});

describe('any structure', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.double());
  const anything = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      tie('node').map((inner) => new Map([['inner', inner]])),
      tie('node').map((inner) => new Error('outer', { cause: inner })),
      tie('node').map((inner) => new AggregateError([inner], 'several')),
      tie('node').map((inner) => Object.assign(new Error('with facts'), { facts: inner })),
    ),
  })).node;
  const secretName = fc.constantFrom(...NAMES);
  /** Puts a value somewhere into a structure. */
  const inside = (value: fc.Arbitrary<unknown>) =>
    fc
      .tuple(
        anything,
        value,
        fc.array(fc.tuple(fc.constantFrom('object', 'list', 'map', 'cause', 'fact'), anything), {
          maxLength: 5,
        }),
      )
      .map(([beside, inner, wraps]) =>
        wraps.reduce<unknown>(
          (built, [how, other]) => {
            if (how === 'object') return { other, built };
            if (how === 'list') return [other, built];
            if (how === 'map') return new Map([['built', built]]);
            if (how === 'cause') return new Error('x', { cause: built });
            return Object.assign(new Error('x'), { built });
          },
          [beside, inner],
        ),
      );

  it('shows no value under the name of a secret', () => {
    const held = fc.oneof(
      fc.constant<unknown>(SECRET),
      anything.map((other): unknown => ({ other, list: [SECRET] })),
    );
    const under = fc.tuple(secretName, held).map(([name, value]) => ({ [name]: value }));
    fc.assert(
      fc.property(inside(under), (value) => {
        expect(shown(value)).not.toContain(SECRET);
      }),
      { numRuns: 500 },
    );
  });

  it('shows no secret of the configuration, whatever stands around it', () => {
    const token = 'key_live_of_the_property_test_0815';
    hideSecrets([token]);
    const text = fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${token}${after}`);
    const placed = fc.oneof(
      text,
      text.map((name) => ({ [name]: 1 })),
      text.map((message) => new Error(message)),
      text.map((value) => new URL(`https://host/?q=${encodeURIComponent(value)}`)),
    );
    fc.assert(
      fc.property(inside(placed), (value) => {
        expect(shown(value)).not.toContain(token);
      }),
      { numRuns: 500 },
    );
  });

  it('becomes JSON without an error', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withTypedArray: true,
          withSparseArray: true,
        }),
        (value) => {
          expect(() => JSON.stringify(redact(value))).not.toThrow();
        },
      ),
    );
  });
});
