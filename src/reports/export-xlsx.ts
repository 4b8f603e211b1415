/** The workbook of an analyst: a sheet a report, with typed cells and a head that stays in view, behind a sheet of contents. */
import { getHeapStatistics } from 'node:v8';
import writeXlsxFile from 'write-excel-file/node';
import { UsageError } from '../errors.js';
import { cellsOf, headOf, MAX_TEXT, type Cell } from './export-cells.js';
import { contentsOf, HEAD_STYLE, type Contents, type Sheet } from './export-contents.js';
import type { Column, Row } from './export-text.js';

/** Rows that a sheet holds below its head. */
export const MAX_ROWS = 1_048_576 - 1;
/** Above about this many cells, the text of a sheet is longer than JavaScript holds. */
const MOST_CELLS = 6_000_000;
/** Measured: 410 bytes at the peak. */
const BYTES_PER_CELL = 600;

const MIN_WIDTH = 8;
const MAX_WIDTH = 60;
/** Of the filter's button in the head. */
const BUTTON_WIDTH = 4;

/** The rows of one report, as PostgreSQL writes them. */
export interface ReportRows {
  /** As a title, of 31 characters at most. */
  readonly title: string;
  readonly question: string;
  readonly regions: readonly string[];
  readonly columns: readonly Column[];
  /** What its columns hold, where that is known. */
  readonly meanings: readonly { readonly name: string; readonly meaning: string | null }[];
  readonly rows: readonly Row[];
  /** What does not show in the rows, such as that there are more. */
  readonly remarks: readonly string[];
}

/** A workbook and what had to be cut for it. */
export interface Workbook {
  readonly bytes: Buffer;
  readonly sheets: number;
  /** Texts that are longer than a cell holds. */
  readonly cutTexts: number;
}

/** Throws a UsageError when the reports hold more than a workbook can; `made` is the time in its contents. */
export async function workbook(
  reports: readonly ReportRows[],
  about: Pick<Contents, 'made' | 'regions'>,
): Promise<Workbook> {
  let cutTexts = 0;
  const listed: (Contents['reports'][number] & { sheet: ReportSheet })[] = reports.map((report) => {
    const sheet = sheetOf(report);
    cutTexts += sheet.cutTexts;
    const cut =
      sheet.cutTexts > 0 ? [`texts longer than ${MAX_TEXT} characters are cut: ${sheet.cutTexts}`] : [];
    return { ...report, rows: report.rows.length, remarks: [...report.remarks, ...cut], sheet };
  });
  const contents = contentsOf({ ...about, reports: listed });
  const sheets = [contents.sheet, ...listed.map(({ sheet }) => sheet.sheet)];
  const features = [inserted([contents.links, ...listed.map(({ sheet }) => sheet.filter)])];
  const bytes = await written(sheets, features);
  return { bytes, sheets: sheets.length, cutTexts };
}

type Feature = NonNullable<NonNullable<Parameters<typeof writeXlsxFile>[1]>['features']>[number];

interface ReportSheet {
  readonly sheet: Sheet;
  /** The filter of its head. */
  readonly filter: string;
  readonly cutTexts: number;
}

function sheetOf({ title, columns, rows }: ReportRows): ReportSheet {
  let cutTexts = 0;
  const heads = columns.map(headOf);
  const makers = columns.map((column, i) =>
    cellsOf(
      column,
      rows.map((row) => row[i] ?? null),
      () => cutTexts++,
    ),
  );
  const head = heads.map((value, i) => ({
    value,
    type: String,
    ...HEAD_STYLE,
    ...(columns[i]?.kind === 'number' ? { align: 'right' as const } : {}),
  }));
  const body = rows.map((row) => makers.map((make, i) => make(row[i] ?? null)));
  const last = `${letters(columns.length)}${rows.length + 1}`;
  return {
    sheet: {
      sheet: title,
      data: [head, ...body],
      columns: heads.map((name, i) => ({
        width: widthOf(
          name,
          body.map((row) => row[i] ?? null),
        ),
      })),
      stickyRowsCount: 1,
      orientation: 'landscape',
    },
    filter: columns.length > 0 ? `<autoFilter ref="A1:${last}"/>` : '',
    cutTexts,
  };
}

function widthOf(head: string, cells: readonly Cell[]): number {
  let widest = head.length + BUTTON_WIDTH;
  for (const cell of cells) widest = Math.max(widest, shownWidth(cell));
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, widest + 1));
}

function shownWidth(cell: Cell): number {
  if (cell === null) return 0;
  const { value } = cell;
  if (value instanceof Date) return 'yyyy-mm-dd hh:mm:ss'.length;
  if (typeof value === 'number') return numberWidth(value, 'format' in cell ? (cell.format ?? '') : '');
  if (typeof value === 'boolean') return 'FALSE'.length;
  // A cell of a sheet shows each line of a text on a line of its own only where it is asked to.
  return PLAIN.test(value)
    ? value.length
    : value.slice(0, MAX_WIDTH).replace(/[\u1100-\uffdc]/g, 'ww').length;
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Its whole digits, with thousands apart, and what the format has behind the point. */
function numberWidth(value: number, format: string): number {
  const whole = String(Math.trunc(format.endsWith('%') ? value * 100 : value)).length;
  return (
    whole + Math.floor((whole - 1) / 3) + (format.includes('.') ? format.length - format.indexOf('.') : 0)
  );
}

/** 1 is A, 27 is AA. */
function letters(column: number): string {
  const rest = (column - 1) % 26;
  const before = (column - 1 - rest) / 26;
  return (before > 0 ? letters(before) : '') + String.fromCharCode(65 + rest);
}

/** What the library has no option for: markup behind the rows of each sheet, and pages as wide as the sheet in print. */
function inserted(markup: readonly string[]): Feature {
  const end = '</sheetData>';
  return {
    files: {
      transform: {
        'xl/worksheets/sheet{id}.xml': {
          transform: (xml, _options, { sheetIndex }) =>
            xml
              .replace('<sheetViews>', '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>')
              .replace(end, () => end + (markup[sheetIndex] ?? ''))
              .replace('<pageSetup ', '<pageSetup fitToWidth="1" fitToHeight="0" '),
        },
      },
    },
  };
}

async function written(sheets: Sheet[], features: Feature[]): Promise<Buffer> {
  try {
    return await writeXlsxFile(sheets, { features, fontFamily: 'Calibri', fontSize: 11 }).toBuffer();
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw error;
  }
}

/** Throws a UsageError when these cells are more than a workbook can be made of in the memory that there is. */
export function refuseTooMany(cells: number): void {
  const most = Math.min(MOST_CELLS, getHeapStatistics().heap_size_limit / BYTES_PER_CELL);
  if (cells > most) throw tooLarge();
}

const tooLarge = () =>
  new UsageError([
    'these reports have more cells than a workbook can be made of here: name fewer reports or regions, ' +
      'filter them (--limit), or take csv, which has no bounds',
  ]);
