import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { inspect } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../src/errors.js';
import { VivenuHTTPClient, type ClientEvent } from '../../src/source/client.js';
import { runs } from '../fuzz.js';

const TOKEN = 'key_secretsecretsecret42';
const LIMIT_MS = 5000;

/** What the server writes for the next request, byte by byte. */
let answer: Buffer = Buffer.alloc(0);
let server: Server;
let baseUrl = '';

beforeAll(async () => {
  // Real HTTP, by hand: a library would refuse to write most of this.
  server = createServer((socket) => {
    let asked = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      if (!asked.includes('\r\n\r\n')) return;
      asked = '';
      socket.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

type Result =
  { rows: readonly unknown[]; total: number | null; serverTime: number | null } | { error: unknown };

/** Asks once for a page; whatever comes is told, and so is what was logged meanwhile. */
async function ask(bytes: Buffer): Promise<{ result: Result; told: string }> {
  answer = bytes;
  const events: ClientEvent[] = [];
  await using client = new VivenuHTTPClient({
    ...{ token: TOKEN, baseUrl, retries: 1, backoffMs: 1, maxWaitMs: 30, timeoutMs: 1000 },
    requestsPerHour: 1_000_000_000,
    onEvent: (event) => events.push(event),
  });
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('hangs')), LIMIT_MS).unref();
  });
  const result = await Promise.race([client.getTickets(), late]).catch((error: unknown) => ({ error }));
  return { result, told: JSON.stringify(events) };
}

/** An answer is rows with their total, or an error of ours that says something and shows no secret. */
function judge({ result, told }: { result: Result; told: string }): void {
  expect(told).not.toContain('secretsecret');
  if (!('error' in result)) {
    expect(Array.isArray(result.rows)).toBe(true);
    expect(Number.isInteger(result.total) && (result.total ?? -1) >= 0).toBe(true);
    expect(result.serverTime === null || Number.isFinite(result.serverTime)).toBe(true);
    return;
  }
  const { error } = result;
  expect(error instanceof FatalError || error instanceof RetryableError, String(error)).toBe(true);
  const { message, stack } = error as Error;
  expect(message.trim().length).toBeGreaterThan(10);
  expect(`${message}${stack}`).not.toContain('secretsecret');
  // A parser quotes what it could not read, which is somebody's data.
  expect(message).not.toContain('Unexpected token');
}

const ok = (
  body: Buffer | string,
  headers: readonly string[] = [],
  status: number | string = 200,
): Buffer => {
  const bytes = Buffer.from(body);
  const length = headers.some((line) => /^content-length|^transfer-encoding/i.test(line))
    ? []
    : [`Content-Length: ${bytes.length}`];
  const head = [`HTTP/1.1 ${status} X`, 'Content-Type: application/json', ...length, ...headers];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
};

const page = fc.record({
  rows: fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), { maxLength: 5 }),
  total: fc.nat(),
});
const number = fc.oneof(
  fc.constantFrom('1e400', '-1e400', '1E+9999', '0.1', '-0', '-1', '9007199254740993', '1'.repeat(4000)),
  fc.double().map(String),
  fc.bigInt().map(String),
);
const anything = fc.oneof(
  fc.json(),
  fc.constantFrom('null', 'true', '""', '[]', '{}', '[{}]', '"rows"', 'undefined', 'NaN', ''),
  number,
);

const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 300 }),
  // Cut anywhere.
  fc.tuple(page, fc.nat()).map(([value, at]) => {
    const text = JSON.stringify(value);
    return text.slice(0, at % (text.length + 1));
  }),
  // Deep.
  fc
    .tuple(fc.integer({ min: 1, max: 100_000 }), fc.boolean())
    .map(([depth, closed]) => `{"rows":${'['.repeat(depth)}${closed ? ']'.repeat(depth) : ''},"total":1}`),
  // Huge and odd numbers.
  number.map((total) => `{"rows":[],"total":${total}}`),
  // The same key twice, and keys that mean something to JavaScript.
  fc
    .tuple(anything, anything, fc.constantFrom('rows', 'total', '__proto__', 'constructor', 'toString'))
    .map(([one, two, key]) => `{"rows":[],"total":0,"${key}":${one},"${key}":${two}}`),
  // Other envelopes.
  fc.tuple(anything, anything).map(([rows, total]) => `{"rows":${rows},"total":${total}}`),
  fc
    .tuple(anything, fc.constantFrom('docs', 'Rows', 'data', 'items'))
    .map(([rows, name]) => `{"${name}":${rows}}`),
  anything,
  fc.constantFrom('\u0000', '\uFEFF{"rows":[],"total":0}', '<!DOCTYPE html>', `{"message":"${TOKEN}"}`),
);

/** Seeds of failures that were found and mended stay here as examples. */
const BODIES: [Buffer | string][] = [
  ['{"rows":[],"total":1e400}'],
  ['{"rows":{"length":1},"total":1}'],
  ['{"__proto__":{"rows":[],"total":0}}'],
  ['['.repeat(200_000)],
  ['{"rows":[],"total":0}{"rows":[],"total":0}'],
];

describe('any body with status 200', () => {
  it('is the rows that it holds, or an error that says what is wrong and quotes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const { result, told } = await ask(ok(sent));
        judge({ result, told });
        const read = readable(Buffer.from(sent));
        // Never an empty list, nor another one, in place of what cannot be read.
        if (read === null) expect(result).toHaveProperty('error');
        else expect(shown(result)).toEqual(shown(read));
      }),
      { numRuns: runs(300), examples: BODIES },
    );
  });
});

/** Rows and total as text, by which values of any depth can be compared. */
function shown(page: object): unknown {
  const { rows, total } = page as { rows?: unknown[]; total?: unknown };
  return {
    total,
    count: rows?.length,
    text: inspect(rows, { depth: 50, maxArrayLength: null, maxStringLength: null }),
  };
}

/** What a page has to be read as, by the plain rules; null: it is none. */
function readable(bytes: Buffer): { rows: unknown[]; total: number } | null {
  try {
    // As every client decodes a body: a byte order mark is not part of it.
    const value = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    const own = Object.entries(Object(value) as object);
    const { rows, total } = Object.fromEntries(own) as { rows?: unknown; total?: unknown };
    return Array.isArray(rows) && typeof total === 'number' && Number.isInteger(total) && total >= 0
      ? { rows, total }
      : null;
  } catch {
    return null;
  }
}

const clean = (text: string) => text.replace(/[\r\n]/g, ' ');
const value = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toUTCString())),
  fc.integer().map(String),
  fc.constantFrom(
    '',
    ' ',
    '-1',
    '0',
    '1e9',
    '99999999999999999999',
    '0x10',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 99 Foo 2026 99:99:99 GMT',
    TOKEN,
  ),
);
const header = fc
  .tuple(
    fc.constantFrom(
      'Date',
      'Retry-After',
      'Content-Type',
      'Content-Encoding',
      'Location',
      'Server',
      'Set-Cookie',
      'Connection',
      'X-Request-Id',
    ),
    value,
  )
  .map(([name, text]) => `${name}: ${clean(text)}`);
const length = fc.oneof(
  fc.integer({ min: -5, max: 200 }).map((bytes) => `Content-Length: ${bytes}`),
  fc.constantFrom(
    'Content-Length: abc',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Content-Length: 1\r\nContent-Length: 2',
  ),
);
const status = fc.oneof(
  fc.constantFrom<number | string>(
    200,
    201,
    204,
    206,
    301,
    302,
    304,
    400,
    401,
    403,
    404,
    408,
    409,
    410,
    418,
    422,
    429,
    500,
    502,
    503,
    504,
    599,
    600,
    999,
    0,
    '',
    'abc',
    '2000',
    '-200',
  ),
  fc.integer({ min: 100, max: 999 }),
);

describe('any status and headers', () => {
  it('end in an answer or in an error of ours, in time', async () => {
    const sent = fc.record({
      status,
      headers: fc.array(header, { maxLength: 4 }),
      length: fc.option(length, { nil: undefined }),
      text: fc.constantFrom(
        '{"rows":[],"total":0}',
        '',
        '{',
        'x'.repeat(200),
        `{"message":"refused ${TOKEN}"}`,
      ),
    });
    await fc.assert(
      fc.asyncProperty(sent, async (one) => {
        const headers = one.length === undefined ? one.headers : [...one.headers, one.length];
        judge(await ask(ok(one.text, headers, one.status)));
      }),
      {
        numRuns: runs(300),
        examples: [
          [{ status: 429, headers: ['Retry-After: 99999999999999999999'], length: undefined, text: '' }],
          [
            {
              status: 503,
              headers: ['Retry-After: Fri, 99 Foo 2026 99:99:99 GMT'],
              length: undefined,
              text: '{',
            },
          ],
          [{ status: 302, headers: [`Location: https://${TOKEN}@elsewhere/`], length: undefined, text: '' }],
          [{ status: 200, headers: ['Date: '], length: undefined, text: '{"rows":[],"total":0}' }],
        ],
      },
    );
  });

  it('a body whose length or encoding is not what the headers say is no page', async () => {
    const whole = Buffer.from(JSON.stringify({ rows: [{ _id: 'a' }, { _id: 'b' }], total: 2 }));
    const zipped = gzipSync(whole);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length }), fc.nat(), async (missing, at) => {
        const cut = zipped.subarray(0, at % zipped.length);
        for (const bytes of [
          ok(whole.subarray(0, whole.length - missing), [`Content-Length: ${whole.length}`]),
          ok(whole, [`Content-Length: ${whole.length - missing}`]),
          ok(cut, ['Content-Encoding: gzip']),
          ok(whole, ['Content-Encoding: gzip']).subarray(0, -missing),
        ]) {
          const asked = await ask(bytes);
          judge(asked);
          expect(asked.result).toHaveProperty('error');
        }
      }),
      { numRuns: runs(40) },
    );
    expect(gunzipSync(zipped)).toEqual(whole);
  });
});

describe('any bytes in place of HTTP', () => {
  it('are an error of ours', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((sent) => Buffer.from(sent)),
      fc.string({ unit: 'binary-ascii', maxLength: 200 }).map((text) => Buffer.from(text)),
      fc.string({ maxLength: 60 }).map((text) => Buffer.from(`HTTP/1.1 200 OK\r\n${text}`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const asked = await ask(sent);
        judge(asked);
        expect(asked.result).toHaveProperty('error');
      }),
      { numRuns: runs(100) },
    );
  });
});
