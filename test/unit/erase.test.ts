import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadProfile, withFields } from '../../src/profile/profile.js';
import { coupons } from '../../src/streams/coupons.js';
import { digestOf, NOBODY, type Erased, type Subject } from '../../src/streams/erased.js';
import { streams } from '../../src/streams/index.js';
import { shapeOf, type Shape } from '../../src/streams/shape.js';
import { tickets } from '../../src/streams/tickets.js';
import { isErased, withoutPerson } from '../../src/transform/erase.js';
import { shapePage } from '../../src/transform/page.js';

type Fields = Record<string, unknown>;

const KEY = Buffer.alloc(32, 7);
const erased = (subject: Subject, ...ids: string[]): Erased => ({
  key: KEY,
  digests: new Set(ids.map((id) => digestOf(KEY, subject, id))),
});
const HYROX = withFields(loadProfile('hyrox'), { team: 'team_name', shoe: 'shoe_size' });
const options = { storeBarcodes: true, excludeFields: [], profile: HYROX };
const shape = shapeOf(tickets, options);

/** Stands in every value that may be a person's. */
const MARK = 'ÜNIQUE';

/** What a ticket has that nobody is known by. */
const KEPT = {
  _id: 't1',
  eventId: 'e1',
  rootEventId: 'e0',
  transactionId: 'o1',
  ticketTypeId: 'y1',
  ticketName: 'HYROX DOUBLES MEN | SATURDAY',
  status: 'VALID',
  realPrice: 79.95,
  regularPrice: 80,
  completed: true,
  seatingInfo: { rowName: 'C', seatName: '4' },
  addOns: [{ productId: 'p1', productVariantId: 'v1', name: 'Photos' }],
  createdAt: '2026-03-01T10:00:00.000Z',
  updatedAt: '2026-03-02T10:00:00.000Z',
};

const marked = fc.oneof(
  fc.string().map((text) => `${MARK}${text}`),
  fc.constantFrom(`${MARK}\0`, `${MARK}\ud800`, `a ${MARK}`),
);
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    marked,
    fc.constantFrom(null, true, 0),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), marked, fc.constantFrom('name', '_id', 'status', 'productId')),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
  ),
}));
/** Lists and objects only: what a field of plain values must never hold. */
const container = fc.oneof(
  fc.array(anything, { maxLength: 3 }),
  fc.dictionary(fc.string(), anything, { maxKeys: 3 }),
);
const PERSONAL = [
  'name',
  'email',
  'history',
  'extraFields',
  'customerId',
  'barcode',
  'customMessage',
  'personalizations',
];
const persons = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...PERSONAL),
    marked,
    fc.string().filter((key) => !Object.hasOwn(KEPT, key) && key !== 'seat'),
  ),
  anything,
);
const PLAIN = ['seat', 'origin', 'batch', 'slotId', 'batchCounter', 'expired', 'packageInfo', 'expiresAt'];
const misplaced = fc.dictionary(fc.constantFrom(...PLAIN), container);
const within = fc.record({ more: anything, entry: anything, section: container });

/** A ticket with all that is kept, and in every other place whatever there may be. */
const ticket = fc
  .tuple(persons, misplaced, within, fc.boolean())
  .map(([of, odd, { more, entry, section }, turned]) => {
    const known = {
      ...KEPT,
      seatingInfo: { ...KEPT.seatingInfo, sectionName: section, holder: more },
      addOns: [{ ...KEPT.addOns[0], note: more }, { name: section, for: entry }, [entry], `${MARK} entry`],
    };
    const entries = Object.entries({ ...of, ...known, ...odd });
    // As it comes from vivenu: parsed JSON, so that `__proto__` is a key like any other.
    const json = (turned ? entries.toReversed() : entries).map(
      ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
    );
    return `{${json.join(',')}}`;
  });

const parsed = (json: string) => JSON.parse(json) as Fields;
/** Keys in the order that PostgreSQL gives them: by length, then by bytes. */
const asStored = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, asStored(inner)]));
};

/** All that could be stored of a record: of its row, or of what is set aside. */
function storedOf(of: Shape, record: unknown, whom: Erased) {
  const { rows, rejects } = shapePage(of, [[structuredClone(record)]], whom);
  const [row, reject] = [rows[0], rejects[0]];
  return {
    row,
    reject,
    text: JSON.stringify([row?.cells, row?.raw, reject]),
    json: row?.raw ?? reject!.record,
  };
}

describe('of any ticket of an erased person', () => {
  const whom = erased('ticket', 't1');

  it('no personal value is left anywhere, and what is counted is', () => {
    fc.assert(
      fc.property(ticket, (json) => {
        const { text, json: left } = storedOf(shape, parsed(json), whom);
        expect(text).not.toContain(MARK);
        const { seatingInfo, addOns, ...plain } = KEPT;
        const record = JSON.parse(left) as typeof KEPT;
        expect(record).toMatchObject(plain);
        expect(record.seatingInfo).toMatchObject(seatingInfo);
        expect(record.addOns[0]).toEqual(addOns[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('the same is left of what is left, and in whatever order its fields come', () => {
    fc.assert(
      fc.property(ticket, (json) => {
        const once = withoutPerson(parsed(json), shape.remains);
        const text = JSON.stringify(once);
        expect(JSON.stringify(withoutPerson(once, shape.remains))).toBe(text);
        expect(JSON.stringify(withoutPerson(asStored(parsed(text)) as Fields, shape.remains))).toBe(text);
        expect(JSON.stringify(withoutPerson(asStored(parsed(json)) as Fields, shape.remains))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('every column that is kept has the value that it had, and every other is empty', () => {
    const record = {
      ...KEPT,
      email: MARK,
      extraFields: { birth_date: '1990-01-01', gender: 'Male', team_name: MARK },
    };
    const before = storedOf(shape, record, NOBODY).row!;
    const after = storedOf(shape, record, whom).row!;
    shape.columns.forEach(([name], index) => {
      const kept = shape.impersonal.has(name);
      expect(after.cells[index], name).toBe(kept ? before.cells[index] : null);
    });
    const cell = (name: string) => before.cells[shape.columns.findIndex(([column]) => column === name)];
    expect([cell('birthday'), cell('gender'), cell('team'), cell('email')]).toEqual([
      '1990-01-01',
      'Male',
      MARK,
      MARK,
    ]);
    expect(after.hash).not.toEqual(before.hash);
  });
});

describe('a person', () => {
  it('is known by the ticket or by the customer, and nobody else is', () => {
    expect(isErased(shape, { _id: 't1' }, erased('ticket', 't1'))).toBe(true);
    expect(isErased(shape, { _id: 't1' }, erased('customer', 't1'))).toBe(false);
    expect(isErased(shape, { _id: 't2', customerId: 'c1' }, erased('customer', 'c1'))).toBe(true);
    expect(isErased(shape, { customerId: 'c1' }, erased('customer', 'c1'))).toBe(true);
    expect(isErased(shape, { _id: 17 }, erased('ticket', '17'))).toBe(true);
    for (const record of [null, 'c1', ['c1'], {}, { _id: null }, { _id: { a: 1 }, customerId: ['c1'] }])
      expect(isErased(shape, record, erased('customer', 'c1')), JSON.stringify(record)).toBe(false);
    expect(isErased(shape, Object.create({ customerId: 'c1' }), erased('customer', 'c1'))).toBe(false);
  });

  it('is known by another key under another hash', () => {
    expect(digestOf(KEY, 'ticket', 't1')).not.toBe(digestOf(Buffer.alloc(32, 8), 'ticket', 't1'));
    expect(isErased(shape, { _id: 't1' }, { ...erased('ticket', 't1'), key: Buffer.alloc(32) })).toBe(false);
  });

  it('is taken out of a coupon, which keeps its code, its use and what it grants', () => {
    const of = shapeOf(coupons, options);
    const coupon = {
      ...{ _id: 'k1', code: 'SPRING', used: 1, discountValue: 12.5, allowedEvents: ['e1', { name: MARK }] },
      ...{ customer: 'c1', name: MARK, note: MARK, tags: [MARK], email: MARK, createdAt: KEPT.createdAt },
    };
    const { row, text } = storedOf(of, coupon, erased('customer', 'c1'));
    expect(text).not.toContain(MARK);
    expect(JSON.parse(row!.raw)).toEqual({
      ...{ _id: 'k1', code: 'SPRING', used: 1, discountValue: 12.5 },
      ...{ allowedEvents: ['e1', {}], createdAt: KEPT.createdAt },
    });
  });

  it('is in no stream but those that say by what', () => {
    const named = streams.filter(({ subjects }) => Object.keys(subjects).length > 0).map(({ name }) => name);
    expect(named).toEqual(['tickets', 'coupons']);
  });
});

describe('a stream', () => {
  it.each(streams)('$name names as personal only columns that it has, and none of its key', (stream) => {
    const columns = [...Object.keys(stream.columns), ...Object.keys(stream.enriched)];
    expect(stream.personal.filter((name) => !columns.includes(name))).toEqual([]);
    expect(stream.primaryKey.filter((name) => stream.personal.includes(name))).toEqual([]);
    for (const name of Object.values(stream.subjects)) expect(columns).toContain(name);
  });

  it('takes nothing out when nobody was erased, and looks nobody up', () => {
    const record = { ...KEPT, email: MARK };
    expect(storedOf(shape, record, NOBODY).json).toBe(JSON.stringify(record));
  });
});
