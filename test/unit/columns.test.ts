import { describe, expect, it } from 'vitest';
import { RecordError } from '../../src/errors.js';
import {
  boolean,
  integer,
  json,
  numeric,
  parent,
  required,
  text,
  timestamp,
} from '../../src/streams/columns.js';
import { isNested } from '../../src/streams/define.js';
import { streams } from '../../src/streams/index.js';

describe('a column reads', () => {
  it.each([
    [text('a'), 'ü', 'ü'],
    [text('a'), 10115, '10115'],
    [text('a'), false, 'false'],
    [text('a'), '', ''],
    [numeric('a'), 0.1, '0.1'],
    [numeric('a'), -0.07, '-0.07'],
    [numeric('a'), 1e21, '1e+21'],
    [numeric('a'), 0, '0'],
    [integer('a'), 9007199254740991, '9007199254740991'],
    [integer('a'), 3.0, '3'],
    [boolean('a'), true, 'true'],
    [timestamp('a'), '2026-03-01T10:00:00.123Z', '2026-03-01T10:00:00.123Z'],
    [timestamp('a'), '2026-03-01T10:00:00+01:00', '2026-03-01T10:00:00+01:00'],
    [timestamp('a'), '2026-03-01T10:00:00+0100', '2026-03-01T10:00:00+0100'],
    [json('a'), { b: [1, 'x', null] }, '{"b":[1,"x",null]}'],
    [json('a'), 'x', '"x"'],
  ])('%o %o as %s', (column, value, cell) => {
    expect(column.read(value)).toBe(cell);
  });
});

describe('a column refuses', () => {
  it.each([
    ['text', text('a'), {}],
    ['numeric', numeric('a'), '1'],
    ['numeric', numeric('a'), true],
    ['bigint', integer('a'), 0.5],
    ['bigint', integer('a'), 2 ** 53],
    ['bigint', integer('a'), '1'],
    ['boolean', boolean('a'), 1],
    ['timestamptz', timestamp('a'), '2026-03-01'],
    ['timestamptz', timestamp('a'), '1 March 2026 10:00 UTC'],
    ['timestamptz', timestamp('a'), '2026-03-01T10:00:00'],
    ['timestamptz', timestamp('a'), '2026-03-01T25:00:00Z'],
    ['timestamptz', timestamp('a'), ''],
    ['timestamptz', timestamp('a'), 0],
  ])('as %s: %o %o', (_, column, value) => {
    expect(() => column.read(value)).toThrow(RecordError);
  });

  it('without repeating the value, which may be personal', () => {
    for (const column of [numeric('a'), integer('a'), boolean('a'), timestamp('a')])
      expect(() => column.read('jane@example.com')).toThrow(expect.not.stringContaining('jane') as Error);
  });
});

describe('the declared streams', () => {
  it('have names and tables of their own', () => {
    expect(new Set(streams.map(({ name }) => name)).size).toBe(streams.length);
    expect(new Set(streams.map(({ table }) => table)).size).toBe(streams.length);
  });

  it.each(streams.map((stream) => [stream.name, stream] as const))(
    '%s requires every column of its key',
    (_, stream) => {
      for (const name of stream.primaryKey) expect(stream.columns[name]).toMatchObject({ required: true });
    },
  );

  it.each(streams.map((stream) => [stream.name, stream] as const))(
    '%s stores no secret in a column, and no column that the engine adds itself',
    (_, stream) => {
      const own = ['raw', 'content_hash', 'first_seen_at', 'synced_at', 'deleted_at', 'run_id'];
      const keys = Object.values(stream.columns).flatMap(({ path }) => path);
      expect(keys.filter((key) => stream.never.includes(key))).toEqual([]);
      expect(Object.keys(stream.columns).filter((name) => own.includes(name))).toEqual([]);
      expect(stream.never).toContain('secret');
      expect(stream.optIn).toEqual({ barcode: 'storeBarcodes' });
    },
  );

  it('stand after what they are nested in or narrowed by', () => {
    const names = streams.map(({ name }) => name);
    for (const stream of streams) {
      const needs = isNested(stream) ? stream.from : stream.shards?.stream;
      if (needs !== undefined) expect(names.slice(0, names.indexOf(stream.name))).toContain(needs);
    }
  });

  it('reach only as far up as they are nested', () => {
    for (const stream of streams) {
      const depth = isNested(stream) ? stream.items.length : 0;
      expect(Math.max(...Object.values(stream.columns).map(({ above }) => above))).toBe(depth);
    }
    expect(required(parent(parent(text('_id'))))).toMatchObject({ above: 2, required: true, path: ['_id'] });
  });

  it('name the columns that their times and events are read from', () => {
    for (const stream of streams) {
      if (isNested(stream) || stream.timed === null) continue;
      const { scope, created, updated, state } = stream.timed;
      const names = [...scope.columns, created.column, updated.column, state.column];
      expect(names.filter((name) => stream.columns[name] === undefined)).toEqual([]);
      expect(stream.columns[created.column]?.path).toEqual([created.path]);
      expect(stream.columns[updated.column]?.path).toEqual([updated.path]);
    }
  });
});
