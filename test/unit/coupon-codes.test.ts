import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FatalError } from '../../src/errors.js';
import { readCouponCodes, readCouponLists } from '../../src/reports/coupon-codes.js';

const folder = mkdtempSync(join(tmpdir(), 'vivenu-codes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer, name = 'codes.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const readText = (content: string | Buffer) => readCouponCodes(file(content));
const codesOf = async (content: string | Buffer) => (await readText(content)).codes.map(({ code }) => code);

async function failure(content: string | Buffer): Promise<string> {
  const error = await readText(content).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FatalError);
  return (error as FatalError).message;
}

const ENCODINGS: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a mark': (text) => Buffer.from(`\uFEFF${text}`),
  'UTF-16 little endian': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16 big endian': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
};
const LINE_ENDS = ['\n', '\r\n', '\r'];

/** Text that a list can hold: no line ends, NUL or stand-ins for what is no text, blanks only inside. */
const cell = (maxLength: number) =>
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', ',', ';', '\t', ' ', "'", '/', '-', 'a'),
        fc.string({ unit: 'grapheme', maxLength: 1 }),
      ),
      maxLength,
    })
    .map((text) => text.replace(/[\r\n\0\uFFFD]/g, '').trim());
const code = cell(20).filter((text) => text !== '');
const note = fc.array(cell(8), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
const entries = fc.uniqueArray(fc.record({ code, category: cell(12), note }), {
  selector: (entry) => entry.code,
  maxLength: 30,
});

interface Style {
  delimiter: string;
  encoding: string;
  lineEnds: string[];
  header: string[];
  noteFirst: boolean;
  hasCategory: boolean;
  quoteAll: boolean;
  padded: boolean;
  lastLineEnds: boolean;
}
const style: fc.Arbitrary<Style> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
  lineEnds: fc.array(fc.constantFrom(...LINE_ENDS), { minLength: 1, maxLength: 3 }),
  header: fc.constantFrom(
    ['Code', 'Category'],
    ['category', 'CODE'],
    [' code ', 'CaTegory\t'],
    ['Category', '"Code"'],
  ),
  noteFirst: fc.boolean(),
  hasCategory: fc.boolean(),
  quoteAll: fc.boolean(),
  padded: fc.boolean(),
  lastLineEnds: fc.boolean(),
});

function lineOf(cells: readonly string[], { delimiter, quoteAll, padded }: Style): string {
  return cells
    .map((text) => (quoteAll || /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .map((text) => (padded ? ` ${text}  ` : text))
    .join(delimiter);
}

const isCode = (name: string) => name.replaceAll('"', '').trim().toLowerCase() === 'code';

/** One text a row, header first; a note makes several lines of it. */
function linesIn(rows: readonly { code: string; category: string; note: string }[], how: Style): string[] {
  const columns = how.hasCategory ? how.header : how.header.filter(isCode);
  const order = (cells: string[], note: string) => (how.noteFirst ? [note, ...cells] : [...cells, note]);
  return [
    order(columns, 'Note').join(how.delimiter),
    ...rows.map((row) =>
      lineOf(
        order(
          columns.map((name) => (isCode(name) ? row.code : row.category)),
          row.note,
        ),
        how,
      ),
    ),
  ];
}

/** Rows put together with the style's ends in turn. */
function written(lines: readonly string[], { lineEnds, encoding, lastLineEnds }: Style): Buffer {
  const ends = lines.map((_, index) => lineEnds[index % lineEnds.length]!);
  const text = lines
    .map((line, index) => line + (index < lines.length - 1 || lastLineEnds ? ends[index]! : ''))
    .join('');
  return ENCODINGS[encoding]!(text);
}

/** Where each row begins. */
function numbersOf(lines: readonly string[]): number[] {
  let next = 1;
  return lines.map((line) => {
    const number = next;
    next += line.split(/\r\n|\n|\r/).length;
    return number;
  });
}

const cleaned = (category: string) => category.trim().replaceAll(/[\s/]/g, '-').replaceAll(/-+/g, '-');

describe('any list', () => {
  it('reads back as it was written, whatever the delimiter, line ends, encoding, quotes and order of columns', async () => {
    await fc.assert(
      fc.asyncProperty(entries, style, async (rows, how) => {
        const lines = linesIn(rows, how);
        const numbers = numbersOf(lines);
        const { codes, problems } = await readText(written(lines, how));
        expect(problems).toEqual([]);
        expect(codes).toEqual(
          rows.map(({ code, category }, index) => ({
            code,
            category: how.hasCategory ? cleaned(category) : '',
            line: numbers[index + 1],
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  const BAD = [
    ['XB"AD', 'quotes'],
    ['"XBAD', 'quotes'],
    ['"XB"AD"', 'quotes'],
    ['XBAD"', 'quotes'],
    ['X\0BAD', 'NUL'],
    ['XBAD'.padEnd(201, 'X'), '201 characters'],
  ] as const;
  const spoilt = fc.array(fc.tuple(fc.nat(30), fc.constantFrom(...BAD)), { maxLength: 4 });

  it('loses no line to a bad one, which is named by its number and not by what stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(entries, style, spoilt, async (rows, how, spots) => {
        const lines = linesIn(rows, how);
        const wrong = new Map<number, string>();
        for (const [place, [text, says]] of spots) {
          if (place >= rows.length) continue;
          lines[place + 1] = badLine(text, how);
          wrong.set(place + 1, says);
        }
        const numbers = numbersOf(lines);
        const { codes, problems } = await readText(written(lines, how));
        expect(codes.map(({ code }) => code)).toEqual(
          rows.filter((_, index) => !wrong.has(index + 1)).map(({ code }) => code),
        );
        expect(problems).toEqual(
          [...wrong]
            .sort(([one], [other]) => one - other)
            .map(([line, says]) => ({ line: numbers[line], says: expect.stringContaining(says) as string })),
        );
        expect(JSON.stringify(problems)).not.toContain('BAD');
      }),
      { numRuns: 300 },
    );
  });
});

/** A line with this text, as it is, where the code belongs. */
function badLine(text: string, how: Style): string {
  const columns = how.hasCategory ? how.header : how.header.filter(isCode);
  const before = columns.findIndex(isCode) + (how.noteFirst ? 1 : 0);
  return how.delimiter.repeat(before) + text;
}

describe('a list of codes', () => {
  it('has its categories cleaned: slashes and blanks become hyphens, of several one is left', async () => {
    const { codes } = await readText('Code,Category\nA,VIP / Partner\nB, Gym  Club\nC,a--b/-c\nD,\nE\n');
    expect(codes.map(({ category }) => category)).toEqual(['VIP-Partner', 'Gym-Club', 'a-b-c', '', '']);
  });

  it('keeps codes as they are, case and inner blanks included', async () => {
    expect(await codesOf('Code\nabc\nABC\n a b \n"q""q"\n半額\n')).toEqual([
      'abc',
      'ABC',
      'a b',
      'q"q',
      '半額',
    ]);
  });

  it('keeps the first of a repeated code, and says where both are and whether the category differs', async () => {
    const { codes, problems } = await readText('Code,Category\nA,gym\nB,vip\nA,gym\nA,vip\n');
    expect(codes).toEqual([
      { code: 'A', category: 'gym', line: 2 },
      { code: 'B', category: 'vip', line: 3 },
    ]);
    expect(problems).toEqual([
      { line: 4, says: 'has the code of line 2 again' },
      { line: 5, says: 'has the code of line 2 with another category: that of line 2 counts' },
    ]);
  });

  it('may have blank lines, rows of empty cells and nothing below its header', async () => {
    const { codes, problems } = await readText('\n\nCode,Category,Note\r\n,,\r\n\r\nA,x\r\n  \r\n"",,""\r\n');
    expect(codes).toEqual([{ code: 'A', category: 'x', line: 6 }]);
    expect(problems).toEqual([]);
    expect(await readText('Code')).toEqual({ codes: [], problems: [] });
  });

  it('has a problem for a row without a code', async () => {
    expect((await readText('Code,Category,Note\n,gym\nA\n,,note')).problems).toEqual([
      { line: 2, says: 'has no code' },
      { line: 4, says: 'has no code' },
    ]);
  });

  it('may name its delimiter in the line that spreadsheets put on top', async () => {
    for (const [named, delimiter] of ['sep=;', '"sep=|"', 'SEP=\t'].map((line) => [line, line.at(-1)!]))
      expect(await codesOf(`${named!}\r\nCode${delimiter!.replace('"', '|')}Category\r\nA,1\r\n`)).toEqual([
        'A,1',
      ]);
  });

  it('takes a quoted note over several lines as one row, but no code or category', async () => {
    expect(await readText('Note,Code\n"one\ntwo\n""three""",A\n,B\n')).toEqual({
      codes: [
        { code: 'A', category: '', line: 2 },
        { code: 'B', category: '', line: 5 },
      ],
      problems: [],
    });
    const { codes, problems } = await readText('Code,Category\nA,"gym\nB,vip\nC,"gym"\nD,"x"\n"E\nF"\n');
    expect(codes.map(({ code }) => code)).toEqual(['B', 'C', 'D']);
    expect(problems.map(({ line }) => line)).toEqual([2, 6, 7]);
  });

  it('takes 200 characters as a code, and no more', async () => {
    const [fits, not] = ['x'.repeat(200), 'y'.repeat(201)];
    const { codes, problems } = await readText(`Code\n${fits}\n${not}\n`);
    expect(codes.map(({ code }) => code)).toEqual([fits]);
    expect(problems).toEqual([{ line: 3, says: 'its code is 201 characters long, and may be 200 at most' }]);
  });

  it('says where its bytes are no UTF-8, and keeps a code of which only the category is so', async () => {
    const latin = Buffer.from('Code,Category\nA,Caf\xe9\nSOMMER\xdc,x\nB,y\n', 'latin1');
    const { codes, problems } = await readText(latin);
    expect(codes.map(({ code }) => code)).toEqual(['A', 'B']);
    expect(problems).toEqual([
      { line: 2, says: 'its category holds what is no UTF-8: save the file as CSV UTF-8' },
      { line: 3, says: 'its code holds what is no UTF-8: save the file as CSV UTF-8' },
    ]);
  });

  it('is read in seconds when every line of it is bad', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `GEHEIM${index},"gym" ${index % 3 ? '' : '"'}x`,
    );
    const began = performance.now();
    const { codes, problems } = await readText(['Code,Category', ...lines].join('\n'));
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(codes).toEqual([]);
    expect(problems).toHaveLength(20_000);
  });
});

describe('a file that is no list of codes', () => {
  it.each([
    ['', 'is empty'],
    ['\n \n', 'is empty'],
    ['GEHEIM1,gym\nGEHEIM2,vip\n', 'line 1 is no header with a column Code'],
    ['\nKode,Category\n', 'line 2 is no header with a column Code'],
    ['sep=;\nGEHEIM1;x', 'line 2 is no header with a column Code'],
    ['sep=;', 'line 2 is no header with a column Code'],
    ['Code,Category,code\nGEHEIM1,x\n', 'line 1 names Code or Category twice'],
    ['Code,"Category\nGEHEIM1,x"\n', 'line 1, the header: its quotes do not match'],
    [Buffer.from('Code,Category\nGEHEIM1,x\n', 'utf16le'), 'line 1 holds NUL characters'],
  ])('is refused: %j', async (content, says) => {
    const message = await failure(content);
    expect(message).toContain(`codes.csv ${says}`);
    expect(message).toContain('EVENT_CONFIGS__<region>__coupon_codes');
    expect(message).not.toContain('GEHEIM');
  });

  it('is named, with what is wrong, when it cannot be read', async () => {
    await expect(readCouponCodes(join(folder, 'none.csv'))).rejects.toThrow(
      /none\.csv cannot be read: it is not there/,
    );
    await expect(readCouponCodes(folder)).rejects.toThrow(
      `${folder} cannot be read: it is a folder; mend the file, or EVENT_CONFIGS__<region>__coupon_codes`,
    );
  });
});

describe('several lists', () => {
  it('are one: of a code in two of them the first counts, and the other is said with both files', async () => {
    const [one, two] = [
      file('Code,Category\nA,gym\nA,gym', 'one.csv'),
      file('Category;Code\nvip;A\ngym;B', 'two.csv'),
    ];
    expect(await readCouponLists([one, two])).toEqual({
      codes: [
        { code: 'A', category: 'gym', line: 2 },
        { code: 'B', category: 'gym', line: 3 },
      ],
      problems: [
        { path: one, line: 3, says: 'has the code of line 2 again' },
        {
          path: two,
          line: 2,
          says: `has the code of line 2 of ${one} with another category: that of line 2 of ${one} counts`,
        },
      ],
    });
    expect(await readCouponLists([])).toEqual({ codes: [], problems: [] });
  });

  it('fail together when one of them cannot be read, since its codes would count as not handed out', async () => {
    const paths = [file('Code\nA'), join(folder, 'none.csv')];
    await expect(readCouponLists(paths)).rejects.toThrow(FatalError);
  });
});
