import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Simulator } from '../../src/simulator/simulator.js';
import { ask, list, start, TOKEN } from './simulator-client.js';

interface Parameter {
  name: string;
  in: string;
  schema: {
    type?: string;
    format?: string;
    enum?: string[];
    properties?: Record<string, { format?: string }>;
  };
}
interface Operation {
  parameters: Parameter[];
  responses: Record<string, { content?: { 'application/json': { schema: object } } }>;
}

const openapi = JSON.parse(readFileSync(new URL('../contract/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, { get: Operation }>;
};
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(openapi, 'openapi');

const pointer = (path: string) => path.replaceAll('~', '~0').replaceAll('/', '~1');
const validatorOf = (path: string) =>
  ajv.compile({
    $ref: `openapi#/paths/${encodeURIComponent(pointer(path))}/get/responses/200/content/application~1json/schema`,
  });

const LISTS = ['/events', '/tickets', '/coupon/rich', '/coupon/series'];

/** A value that a parameter of this schema takes. */
function sample({ schema }: Parameter, operator?: string): string {
  const format = operator === undefined ? schema.format : schema.properties?.[operator]?.format;
  if (format === 'date-time') return '2026-01-01T00:00:00.000Z';
  if (schema.type === 'boolean') return 'true';
  return schema.enum?.[0] ?? '5';
}

let simulator: Simulator;
let bare: Simulator;
beforeAll(async () => {
  const sellers = [
    {
      token: TOKEN,
      events: [
        { tickets: 600, children: 2, childrenAs: 'group' as const },
        { tickets: 300, children: 1, underShops: 120 },
      ],
      coupons: 200,
      series: 5,
      odd: ['zero', 'decimals', 'unicode', 'extra'] as const,
    },
  ];
  simulator = await start({ sellers });
  bare = await start({ sellers, seriesShape: 'array' });
  simulator.transfer(TOKEN, 5);
  simulator.edit(TOKEN, 50);
  simulator.cancel(TOKEN, 5);
});
afterAll(async () => {
  await simulator.close();
  await bare.close();
});

describe.each(LISTS)('GET /api%s', (path) => {
  const operation = openapi.paths[`/api${path}`]!.get;

  it('answers what the OpenAPI describes', async () => {
    const validate = validatorOf(`/api${path}`);
    validate(await list(simulator, `${path}?top=1000`));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('would not pass with a row that lacks what is required', () => {
    const validate = validatorOf(`/api${path}`);
    expect([validate({ rows: [{}] }), validate({ docs: [{}] })]).toContain(false);
  });

  it('takes every parameter of the OpenAPI', async () => {
    for (const parameter of operation.parameters) {
      const operators = Object.keys(parameter.schema.properties ?? {});
      const queries =
        operators.length > 0
          ? operators.map((operator) => `${parameter.name}[${operator}]=${sample(parameter, operator)}`)
          : [`${parameter.name}=${sample(parameter)}`];
      for (const query of queries)
        expect([query, (await ask(simulator, `${path}?${query}`)).status]).toEqual([query, 200]);
    }
  });

  it('refuses what the OpenAPI does not have, with an HttpError', async () => {
    const { status, body } = await ask(simulator, `${path}?modifiedSince=2026-01-01`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      statusCode: 400,
      error: 'Bad Request',
      message: expect.stringContaining('modifiedSince') as string,
    });
  });
});

it.each([
  ['/events', '/events'],
  ['/tickets', '/tickets'],
  ['/coupon/rich', '/coupon'],
  ['/coupon/series', '/coupon/series'],
])('gives each document of %s by its id, as the OpenAPI describes', async (listed, one) => {
  const validate = validatorOf(`/api${one}/{id}`);
  const { rows, docs } = await list(simulator, `${listed}?top=10`);
  for (const row of listed === '/coupon/series' ? docs : rows) {
    const { status, body } = await ask(simulator, `${one}/${row._id}`);
    validate(body);
    expect([status, validate.errors ?? []]).toEqual([200, []]);
  }
  expect((await ask(simulator, `${one}/64eb52481f23439c97d0e56a`)).status).toBe(404);
});

it('gives `used` in the coupon list, not on a single coupon', async () => {
  const { rows } = await list(simulator, '/coupon/rich');
  const { body } = await ask(simulator, `/coupon/${rows[0]!._id}`);
  expect(rows.every((row) => Number.isInteger(row['used']))).toBe(true);
  expect(body).not.toHaveProperty('used');
});

it('gives coupon series as a bare array when told to', async () => {
  const validate = validatorOf('/api/coupon/series');
  const { body } = await ask(bare, '/coupon/series?top=3');
  validate(body);
  expect(validate.errors ?? []).toEqual([]);
  expect(body).toHaveLength(3);
});

it('has tickets of 2 to 3 KB with prices in decimals and names in several scripts', async () => {
  const { rows } = await list(simulator, '/tickets?top=1000');
  const bytes = Buffer.byteLength(JSON.stringify(rows)) / rows.length;
  expect(bytes).toBeGreaterThan(2000);
  expect(bytes).toBeLessThan(3000);
  expect(rows.some((row) => Number(row['realPrice']) % 1 !== 0)).toBe(true);
  for (const script of ['Latin', 'Han', 'Arabic', 'Greek', 'Devanagari', 'Thai']) {
    const letters = new RegExp(`\\p{Script=${script}}`, 'u');
    expect([script, rows.some((row) => letters.test(String(row['name'])))]).toEqual([script, true]);
  }
});
