/** Reports in each of the formats. */
import { csvWriter, jsonWriter, type Column, type Row, type Writer } from '../reports/export-text.js';
import { refuseTooMany, workbook, type ReportRows } from '../reports/export-xlsx.js';
import { grid } from './grid.js';
import type { Output } from './report-output.js';
import type { Reading } from './report-read.js';
import { count } from './table.js';

/** What came of it: reports, rows in all, sheets of a workbook, and what is worth saying. */
export interface Outcome {
  readonly reports: number;
  readonly rows: number;
  readonly sheets: number | null;
  readonly remarks: readonly string[];
}

/** How a table may look; a width of null: not a terminal. */
export interface Look {
  readonly width: number | null;
  readonly bold: boolean;
}

/** Each report as a table, under its name and question where there are several. */
export async function writeTables(readings: readonly Reading[], out: Output, look: Look): Promise<Outcome> {
  const several = readings.length > 1;
  const remarks: string[] = [];
  let total = 0;
  for (const [i, reading] of readings.entries()) {
    const { columns, rows, more } = await allRows(reading);
    const shown = grid(columns, rows, look);
    const name = look.bold ? `\u001b[1m${reading.report.name}\u001b[22m` : reading.report.name;
    // The question itself; its explanations are for the documents.
    const question = /^[^?]*\?/.exec(reading.question ?? '')?.[0] ?? reading.question ?? '';
    const title = several ? `${i > 0 ? '\n' : ''}${name}: ${question}`.trimEnd() + '\n\n' : '';
    await out.write(title + shown.text);
    total += rows.length;
    const about = several ? `${reading.report.name}: ` : '';
    if (more) remarks.push(`${about}the first ${count(rows.length)} rows; --limit 0 shows all`);
    if (shown.cut) remarks.push(`${about}long texts are cut (…); --format json, csv or xlsx has them whole`);
  }
  return { reports: readings.length, rows: total, sheets: null, remarks };
}

/** RFC 4180, streamed, without anything that a spreadsheet would carry out. */
export async function writeCsv(readings: readonly Reading[], out: Output): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const reading of readings)
    outcomes.push(await stream(reading, csvWriter({ formulas: 'defused' }), out));
  return summed(outcomes);
}

/** One report as an array of objects, several as an object of such arrays by name; streamed, every digit kept. */
export async function writeJson(
  readings: readonly Reading[],
  out: Output,
  { several }: { several: boolean },
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  if (several) await out.write('{\n');
  for (const [i, reading] of readings.entries()) {
    if (several) await out.write(`${i > 0 ? ',' : ''}${JSON.stringify(reading.report.name)}: `);
    outcomes.push(await stream(reading, jsonWriter(), out));
  }
  if (several) await out.write('}\n');
  return summed(outcomes);
}

const summed = (outcomes: readonly Outcome[]): Outcome => ({
  reports: outcomes.length,
  rows: outcomes.reduce((sum, { rows }) => sum + rows, 0),
  sheets: null,
  remarks: outcomes.flatMap(({ remarks }) => remarks),
});

async function stream(reading: Reading, writer: Writer, out: Output): Promise<Outcome> {
  let begun = false;
  let total = 0;
  const more = await reading.read(async (rows, columns) => {
    const head = begun ? '' : writer.begin(columns);
    begun = true;
    total += rows.length;
    await out.write(head + writer.rows(rows));
  });
  await out.write(writer.end());
  const remarks = more ? [`${reading.report.name}: the first ${count(total)} rows; there are more`] : [];
  return { reports: 1, rows: total, sheets: null, remarks };
}

/** The workbook of all of them. */
export async function writeWorkbook(
  readings: readonly Reading[],
  out: Output,
  about: Parameters<typeof workbook>[1],
): Promise<Outcome> {
  const reports: ReportRows[] = [];
  let cells = 0;
  for (const reading of readings) {
    const { columns, rows, more } = await allRows(reading, (some) => {
      cells += some;
      refuseTooMany(cells);
    });
    const { report, question, regions, columns: meanings } = reading;
    reports.push({
      title: report.title,
      question: question ?? '',
      regions: regions.map(({ region }) => region),
      columns,
      meanings,
      rows,
      remarks: more ? [`the first ${count(rows.length)} rows; there are more`] : [],
    });
  }
  const { bytes, sheets, cutTexts } = await workbook(reports, about);
  await out.write(bytes);
  return {
    reports: reports.length,
    rows: reports.reduce((sum, { rows }) => sum + rows.length, 0),
    sheets,
    remarks: [
      ...reports.flatMap(({ title, remarks }) => remarks.map((remark) => `${title}: ${remark}`)),
      ...(cutTexts > 0
        ? [
            `${count(cutTexts)} text${cutTexts === 1 ? ' is' : 's are'} longer than a cell holds and cut there; csv has all of it`,
          ]
        : []),
    ],
  };
}

/** A report that is held whole, since it is laid out by all of its rows; `watch` hears how many cells came. */
export async function allRows(
  reading: Reading,
  watch: (cells: number) => void = () => undefined,
): Promise<{ columns: readonly Column[]; rows: Row[]; more: boolean }> {
  const rows: Row[] = [];
  let columns: readonly Column[] = [];
  const more = await reading.read((some, these) => {
    for (const row of some) rows.push(row);
    columns = these;
    watch(some.length * these.length);
    return Promise.resolve();
  });
  return { columns, rows, more };
}
