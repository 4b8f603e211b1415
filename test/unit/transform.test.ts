import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOBODY } from '../../src/streams/erased.js';
import { events } from '../../src/streams/events.js';
import { shapeOf, type ShapeOptions } from '../../src/streams/shape.js';
import { ticketTypes } from '../../src/streams/ticket-types.js';
import { tickets } from '../../src/streams/tickets.js';
import { ticketVolumes, underShops } from '../../src/streams/under-shops.js';
import { loadProfile, withFields } from '../../src/profile/profile.js';
import { copyOf } from '../../src/transform/copy.js';
import { nestedRecords } from '../../src/transform/nested.js';
import { shapePage } from '../../src/transform/page.js';

type Fields = Record<string, unknown>;

const TICKET = {
  _id: 't1',
  eventId: 'e1',
  realPrice: 79.95,
  createdAt: '2026-03-01T10:00:00.000Z',
  updatedAt: '2026-03-02T10:00:00.000Z',
};

const GENERIC = loadProfile('generic');
const ticketShape = (options: Partial<ShapeOptions> = {}) =>
  shapeOf(tickets, { storeBarcodes: false, excludeFields: [], profile: GENERIC, ...options });
const withColumns = (fields: Record<string, string>) => ticketShape({ profile: withFields(GENERIC, fields) });

/** As it comes from vivenu: parsed JSON, so that `__proto__` is a key like any other. */
const shapeJson = (json: readonly string[], shape = ticketShape()) =>
  shapePage(
    shape,
    json.map((text) => [JSON.parse(text) as unknown]),
    NOBODY,
  );
const shapeAll = (records: readonly unknown[], shape = ticketShape()) =>
  shapeJson(
    records.map((record) => JSON.stringify(record)),
    shape,
  );

const cellsOf = (record: Fields, shape = ticketShape()) => {
  const { rows, rejects } = shapeAll([record], shape);
  expect(rejects).toEqual([]);
  return Object.fromEntries(shape.columns.map(([name], i) => [name, rows[0]?.cells[i]]));
};
const rejectOf = (record: unknown, shape = ticketShape()) => {
  const { rows, rejects } = shapeAll([record], shape);
  expect(rows).toEqual([]);
  return rejects[0]!;
};

describe('a ticket', () => {
  it('becomes one cell a column, null where vivenu sends nothing', () => {
    expect(cellsOf({ ...TICKET, postal: 10115, seatingInfo: { rowName: 'C' }, email: null })).toMatchObject({
      id: 't1',
      event_id: 'e1',
      real_price: '79.95',
      postal: '10115',
      seat_row: 'C',
      email: null,
      company: null,
      created_at: '2026-03-01T10:00:00.000Z',
    });
  });

  it('keeps its JSON, unknown fields and key order included', () => {
    const record = { ...TICKET, later: { b: [1, null, { ü: '🎟️' }], a: 1.1 } };
    expect(shapeAll([record]).rows[0]?.raw).toBe(JSON.stringify(record));
  });

  it('fills a custom column from its extra field', () => {
    const shape = withColumns({ team: 'team_name' });
    expect(cellsOf({ ...TICKET, extraFields: { team_name: 'Nord' } }, shape)['team']).toBe('Nord');
  });

  it('reads no column from what every object inherits', () => {
    const shape = withColumns({ odd: 'constructor', name_of: 'toString.name' });
    expect(cellsOf({ ...TICKET, extraFields: {} }, shape)).toMatchObject({ odd: null, name_of: null });
  });

  it('with a __proto__ key keeps it as data', () => {
    const json = `{"_id":"t1","eventId":"e1","__proto__":{"name":"x","secret":"s"}}`;
    const { rows } = shapeJson([json]);
    expect(rows[0]?.raw).toBe(`{"_id":"t1","eventId":"e1","__proto__":{"name":"x"}}`);
    expect(rows[0]?.cells).not.toContain('x');
    expect(({} as Fields)['name']).toBeUndefined();
  });
});

describe('a record is set aside with its field and reason', () => {
  it.each([
    ['a number as text', { realPrice: '79.95' }, 'realPrice', 'expected a number, got string'],
    ['an object as text', { name: { first: 'A' } }, 'name', 'expected text, got object'],
    ['a list as text', { name: ['A'] }, 'name', 'expected text, got a list'],
    ['a truth as text', { completed: 'true' }, 'completed', 'expected true or false, got string'],
    [
      'a fraction as a count',
      { batchCounter: 1.5 },
      'batchCounter',
      'expected a whole number, got a fraction',
    ],
    ['a date without a zone', { createdAt: '2026-03-01T10:00:00' }, 'createdAt', 'with a zone'],
    ['a day that is none', { createdAt: '2026-13-01T10:00:00Z' }, 'createdAt', 'with a zone'],
    ['a date as a number', { createdAt: 1.7e12 }, 'createdAt', 'expected a date and time, got number'],
    ['a year beyond 9999', { createdAt: '+012026-01-01T10:00:00Z' }, 'createdAt', 'with a zone'],
    ['an empty id', { _id: '' }, '_id', 'is missing'],
    ['no event', { eventId: null }, 'eventId', 'is missing'],
    ['a NUL', { name: 'a\0b' }, 'name', 'NUL'],
    ['a NUL inside a list', { extraFields: { a: ['x', 'y\0'] } }, 'extraFields.a.1', 'NUL'],
    ['a NUL in a key', { extraFields: { 'a\0': 1 } }, 'extraFields', 'NUL'],
    ['a NUL in a key of its own', { 'a\0': 1 }, '(record)', 'NUL'],
    ['half a surrogate pair', { name: 'a\ud83d' }, 'name', 'surrogate'],
    ['half a surrogate pair in a key', { extraFields: { 'a\udc00': 1 } }, 'extraFields', 'surrogate'],
  ])('for %s', (_, change, field, reason) => {
    const record = { ...TICKET, ...change };
    expect(rejectOf(record)).toMatchObject({ field, record: JSON.stringify(record), exact: true });
    expect(rejectOf(record).reason).toContain(reason);
  });

  it.each([
    ['null', null, 'null'],
    ['a text', 'x', 'string'],
    ['a number', 7, 'number'],
    ['a list', [TICKET], 'a list'],
  ])('for %s in place of an object', (_, record, got) => {
    expect(rejectOf(record)).toMatchObject({ id: null, reason: `expected an object, got ${got}` });
  });

  it('for deep nesting, with what is not too deep', () => {
    const deep = `${'{"a":'.repeat(10_000)}{"secret":"s-1"}${'}'.repeat(10_000)}`;
    const { rejects } = shapeJson([`{"_id":"t1","eventId":"e1","b":${deep}}`]);
    expect(rejects[0]).toMatchObject({ id: 't1', key: 't1', exact: false });
    expect(rejects[0]?.record).toMatch(/^\{"_id":"t1"/);
    expect(rejects[0]?.record).not.toContain('s-1');
    expect(shapeJson([`${'['.repeat(10_000)}${']'.repeat(10_000)}`]).rejects[0]).toMatchObject({
      exact: false,
    });
  });

  it('but not for text that only looks like an escape', () => {
    const name = String.raw`\u0000 \ud800 \\ud`;
    expect(cellsOf({ ...TICKET, name })['name']).toBe(name);
  });
});

describe('what is never stored', () => {
  const holder = {
    secret: 's-1',
    barcode: 'b-1',
    in: [{ secret: 's-2', more: { barcode: 'b-2', accessToken: 's-3' } }],
  };

  it('is dropped at any depth, of rows and rejects', () => {
    const { rows, rejects } = shapeAll([
      { ...TICKET, ...holder },
      { ...TICKET, ...holder, realPrice: 'x' },
      [holder],
    ]);
    for (const { text } of [
      ...rows.map(({ raw }) => ({ text: raw })),
      ...rejects.map(({ record }) => ({ text: record })),
    ])
      expect(text).not.toMatch(/s-\d|b-\d/);
    expect(rows[0]?.cells).not.toContain('b-1');
    expect([rows.length, rejects.length]).toEqual([1, 2]);
  });

  it('lets the barcode through when it is asked for', () => {
    const { rows } = shapeAll([{ ...TICKET, ...holder }], ticketShape({ storeBarcodes: true }));
    expect(rows[0]?.cells).toContain('b-1');
    expect(rows[0]?.raw).toContain('b-2');
    expect(rows[0]?.raw).not.toMatch(/s-\d/);
  });

  it('holds what the region excludes, through lists as well', () => {
    const shape = ticketShape({ excludeFields: ['email', 'extraFields.impairment', 'addOns.holder.name'] });
    const record = {
      ...TICKET,
      email: 'x-1',
      extraFields: { impairment: 'x-2', size: 'M' },
      addOns: [{ holder: { name: 'x-3', age: 9 } }, { holder: [{ name: 'x-4' }] }, 'text', null],
      name: 'kept',
    };
    const { rows } = shapeAll([record], shape);
    expect(rows[0]?.raw).not.toMatch(/x-\d/);
    expect(rows[0]?.cells).not.toContain('x-1');
    expect(JSON.parse(rows[0]?.raw ?? '')).toMatchObject({
      extraFields: { size: 'M' },
      addOns: [{ holder: { age: 9 } }, { holder: [{}] }, 'text', null],
      name: 'kept',
    });
  });
});

describe('rows of one response', () => {
  it('with the same id: the newer is a row, whatever the order, and its twin a reject under another key', () => {
    const newer = { ...TICKET, updatedAt: '2026-03-03T00:00:00.000Z', name: 'newer' };
    for (const order of [
      [TICKET, newer],
      [newer, TICKET],
    ]) {
      const { rows, rejects } = shapeAll(order);
      expect(rows.map(({ raw }) => raw)).toEqual([JSON.stringify(newer)]);
      expect(rejects).toMatchObject([{ id: 't1', field: '_id', record: JSON.stringify(TICKET) }]);
      expect(rejects[0]?.key).not.toBe('t1');
    }
  });

  it('each have a key of their own, even rejects with one id, with the id of a row, or with the same content', () => {
    const bad = { ...TICKET, realPrice: 'x' };
    const noId = { eventId: 'e1' };
    const { rows, rejects } = shapeAll([bad, { ...bad, name: 'A' }, TICKET, noId, noId, noId, null, null]);
    const keys = [...rows.map(({ id }) => id), ...rejects.map(({ key }) => key)];
    expect(new Set(keys).size).toBe(8);
  });

  it('known by content have the same keys when they are read again', () => {
    const keys = () => shapeAll([{ eventId: 'e1' }, { eventId: 'e1' }, TICKET]).rejects.map(({ key }) => key);
    expect(keys()).toEqual(keys());
  });
});

describe('the content hash', () => {
  const hashOf = (record: Fields, shape = ticketShape()) =>
    shapeAll([record], shape).rows[0]?.hash.toString('hex');

  it('is the same for the same JSON and another for another', () => {
    expect(hashOf(TICKET)).toBe(hashOf({ ...TICKET }));
    expect(hashOf(TICKET)).toHaveLength(32);
    expect(hashOf(TICKET)).not.toBe(hashOf({ ...TICKET, realPrice: 80 }));
  });

  it('does not see what is never stored', () => {
    expect(hashOf({ ...TICKET, secret: 'a' })).toBe(hashOf({ ...TICKET, secret: 'b' }));
    expect(hashOf({ ...TICKET, secret: 'a' })).toBe(hashOf(TICKET));
  });

  it('changes with the mapping', () => {
    expect(hashOf(TICKET)).not.toBe(hashOf(TICKET, withColumns({ team: 'team' })));
    expect(hashOf(TICKET, withColumns({ team: 'a' }))).not.toBe(hashOf(TICKET, withColumns({ team: 'b' })));
  });
});

describe('nested records', () => {
  const event = {
    _id: 'e1',
    tickets: [{ _id: 'tt1', price: 10 }, null],
    underShops: [
      { _id: 's1', tickets: [{ _id: 'v1', baseTicket: 'tt1', amount: 5 }, 'odd'] },
      { _id: 's2', tickets: 'none' },
      { _id: 's3' },
    ],
  };
  const options = { storeBarcodes: false, excludeFields: ['name'], profile: GENERIC };

  it('carry the keys of the records around them', () => {
    const { rows, rejects } = shapePage(
      shapeOf(ticketVolumes, options),
      nestedRecords(ticketVolumes, event),
      NOBODY,
    );
    expect(rows.map(({ id, cells }) => [id, ...cells.slice(0, 4)])).toEqual([
      ['e1/s1/v1', 'e1', 's1', 'v1', 'tt1'],
    ]);
    expect(rejects).toMatchObject([{ reason: 'expected an object, got string' }]);
    expect(nestedRecords(underShops, event)).toHaveLength(3);
  });

  it('are none where there is no list, or no object', () => {
    for (const record of [null, 'x', [], {}, { tickets: {} }, { tickets: null }])
      expect(nestedRecords(ticketTypes, record)).toEqual([]);
  });

  it('of an event without a usable id are set aside', () => {
    for (const _id of ['', null, 'e\0', '\ud800', {}]) {
      const records = nestedRecords(ticketTypes, { _id, tickets: [{ _id: 'tt1' }] });
      const { rows, rejects } = shapePage(shapeOf(ticketTypes, options), records, NOBODY);
      expect([rows.length, rejects.length]).toEqual([0, 1]);
      expect(rejects[0]?.field).toBe('_id');
    }
  });

  it('of events keep the fields that a region excludes for tickets', () => {
    const { rows } = shapeAll([{ _id: 'e1', name: 'Cup' }], shapeOf(events, options));
    expect(rows[0]?.cells).toContain('Cup');
  });
});

describe('whatever vivenu sends', () => {
  const NEVER = [
    'secret',
    'passwordResetToken',
    'verificationToken',
    'hmacKey',
    'accessToken',
    'apiKey',
    'barcode',
  ];
  const keys = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom(...tickets.primaryKey, ...columnKeys(), '__proto__', 'constructor', ''),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '\ud800', 'a\udc00', 't1', '2026-03-01T10:00:00Z', '-1'),
  );
  const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      texts,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.constantFrom(null, true, false),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc
      .tuple(
        fc.array(fc.tuple(keys, tie('value')), { maxLength: 5 }),
        fc.array(fc.tuple(fc.constantFrom(...NEVER), fc.integer({ min: 0, max: 9 })), { maxLength: 2 }),
      )
      // A value that is found nowhere else, so that it shows when it leaks.
      .map(([fields, never]) =>
        Object.fromEntries([...fields, ...never.map(([key, n]) => [key, { here: `LEAK-${n}` }] as const)]),
      ),
  }));
  const records = fc.oneof(
    value,
    fc.tuple(value, fc.constantFrom('t1', 't2', 7, '')).map(([fields, _id]) => ({
      ...(typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? fields : {}),
      _id,
      eventId: 'e1',
      barcode: 'LEAK-10',
    })),
  );

  it('nothing throws, every record is a row or a reject under a key of its own, and no secret is in either', () => {
    const shape = ticketShape();
    let stored = 0;
    fc.assert(
      fc.property(fc.array(records, { maxLength: 6 }), (page) => {
        const { rows, rejects } = shapeAll(page, shape);
        expect(rows.length + rejects.length).toBe(page.length);
        expect(new Set([...rows.map(({ id }) => id), ...rejects.map(({ key }) => key)]).size).toBe(
          page.length,
        );
        for (const { raw, cells } of rows) {
          expect(`${raw} ${cells.join()}`).not.toContain('LEAK');
          expect(`${raw} ${cells.join()}`.isWellFormed()).toBe(true);
          expect(cells.join()).not.toContain('\0');
          expect(raw).not.toContain('\\u0000');
        }
        for (const reject of rejects) {
          expect(JSON.stringify(reject)).not.toContain('LEAK');
          expect(reject.field).not.toBe('');
        }
        stored += rows.length;
      }),
      { numRuns: 1500 },
    );
    expect(stored).toBeGreaterThan(200);
  });
});

function columnKeys(): string[] {
  return [
    '_id',
    'eventId',
    'name',
    'realPrice',
    'createdAt',
    'updatedAt',
    'seatingInfo',
    'rowName',
    'completed',
    'email',
  ];
}

describe('a copy of a record', () => {
  it('is equal, shares nothing, and keeps a __proto__ key as data', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const record = JSON.parse(json) as unknown;
        expect(JSON.stringify(copyOf(record))).toBe(JSON.stringify(record));
      }),
    );
    const record = JSON.parse('{"a":{"b":[1]},"__proto__":{"c":2}}') as { a: { b: number[] } };
    const copied = copyOf(record) as typeof record;
    copied.a.b.push(2);
    expect(record.a.b).toEqual([1]);
    expect(Object.hasOwn(copied, '__proto__')).toBe(true);
    expect(({} as Fields)['c']).toBeUndefined();
  });

  it('of one that is too deep is too deep as well, and one that is not is whole', () => {
    const nested = (levels: number) =>
      `{"_id":"t1","eventId":"e1","a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const shaped = (levels: number) =>
      shapePage(ticketShape(), [[copyOf(JSON.parse(nested(levels)))]], NOBODY);
    for (const levels of [201, 202, 203, 100_000])
      expect(shaped(levels).rejects).toMatchObject([{ exact: false }]);
    for (const levels of [1, 199, 200]) expect(shaped(levels).rows[0]?.raw).toBe(nested(levels));
  });
});
