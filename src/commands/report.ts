import { Command, Option } from 'commander';
import { getConfig, type Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { questionOf, REPORTS } from '../reports/export-list.js';
import { provenUntil, type ReportRegion } from '../reports/export-views.js';
import { rowLimit } from './arguments.js';
import type { Paint } from './chart.js';
import { invocation } from './invocation.js';
import { embeddedDatabase } from './own-database.js';
import { chartOf } from './report-chart.js';
import { fileOutput, standardOutput, type Output } from './report-output.js';
import { FORMATS, planOf, TABLE_ROWS, type Plan, type ReportFlags } from './report-plan.js';
import { missingText, openReadings, regionsOf, type Readings } from './report-read.js';
import { allRows, writeCsv, writeJson, writeTables, writeWorkbook, type Outcome } from './report-write.js';
import { interruption } from './signals.js';
import { count } from './table.js';
import { wrapped } from './wrap.js';

/** `report`: answers the questions that people have, as a table, csv, json, a workbook or a chart. */
export function reportCommand(): Command {
  return new Command('report')
    .description(
      'answer the questions that people have: sales, capacity, shops, coupons, age groups and more',
    )
    .argument('[name...]', 'which reports, or "all"; without a name they are listed')
    .option('--region <name...>', 'only these regions')
    .addOption(new Option('--format <name>', 'how to write it').choices(FORMATS))
    .option('--output <file>', 'where to write it; .csv, .json and .xlsx choose the format')
    .option('--chart', 'draw it: sales-daily, sales-hourly, division-day-capacity')
    .option(
      '--limit <n>',
      `rows of each at most, 0 for all (default: ${TABLE_ROWS} in a table, else all)`,
      rowLimit,
    )
    .option('--embedded', 'ask the embedded PostgreSQL, also where another one is configured')
    .addHelpText('after', EXAMPLES)
    .action(report);
}

const EXAMPLES = `
Each report is a view of the same name in each region's schema (v_sales_summary), and all of
them in one call show the same moment. csv and xlsx hold no text that a spreadsheet would
carry out as a formula. tickets-sold holds data of people: it comes only when it is named.

Examples:
  $ vivenu-ingest report sales-summary
  $ vivenu-ingest report sales-daily --region berlin --chart
  $ vivenu-ingest report all --format xlsx --output week.xlsx`;

async function report(names: string[], flags: ReportFlags): Promise<void> {
  if (names.length === 0) {
    process.stdout.write(await listing(process.stdout.isTTY ? process.stdout.columns : 100));
    return;
  }
  const plan = planOf(names, flags, { terminal: process.stdout.isTTY, now: new Date() });
  const config = getConfig({ regions: 'optional' });
  using interrupted = interruption(() => undefined);
  const gone = new AbortController();
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', () => gone.abort());
  const stop = AbortSignal.any([interrupted.stop, gone.signal]);
  let whole = true;
  try {
    const database = flags.embedded ? embeddedDatabase() : config.database;
    await using db = await DatabaseManager.connect(database, { signal: interrupted.stop });
    whole = await answer(db, { config, flags, plan, stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  process.exitCode = interrupted.exitCode() ?? (whole ? 0 : 1);
}

async function listing(width: number): Promise<string> {
  const room = Math.max(...REPORTS.map(({ name }) => name.length)) + 2;
  const lines = await Promise.all(
    REPORTS.map(async (one) => {
      const personal = one.personal ? ' (data of people: only when named)' : '';
      const text = wrapped(`${await questionOf(one)}${personal}`.trim(), Math.max(30, width - room));
      return text.map((line, i) => (i === 0 ? one.name : '').padEnd(room) + line).join('\n');
    }),
  );
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n\nOne of them: ${invocation()} report sales-summary\nAll of them: ${invocation()} report all --format xlsx\n`;
}

interface Asked {
  readonly config: Config;
  readonly flags: ReportFlags;
  readonly plan: Plan;
  readonly stop: AbortSignal;
}

/** Returns whether everything that was asked for was there. */
async function answer(db: DatabaseManager, { config, flags, plan, stop }: Asked): Promise<boolean> {
  const regions = await regionsOf(db, config, flags);
  await using opened = await openReadings(db, { ...plan, regions, stop });
  const missing = missingText(opened.missing, plan.reports.length);
  if (opened.readings.length === 0) throw new Error(missing.join('\n'));
  await using out = plan.file === null ? standardOutput(stop) : await fileOutput(plan.file);
  const outcome = await write(opened, { db, out, plan, regions });
  await out.keep();
  process.stderr.write(said(plan, outcome, out.replaced));
  for (const line of missing) process.stderr.write(`${line}\n`);
  return missing.length === 0;
}

interface Target {
  readonly db: DatabaseManager;
  readonly out: Output;
  readonly plan: Plan;
  readonly regions: readonly ReportRegion[];
}

async function write(opened: Readings, { db, out, plan, regions }: Target): Promise<Outcome> {
  const readings = await Promise.all(
    opened.readings.map(async (one) => ({
      ...one,
      question: one.question ?? (await questionOf(one.report)),
    })),
  );
  const terminal = plan.file === null && process.stdout.isTTY;
  const width = terminal ? process.stdout.columns : null;
  const colours = terminal && process.stdout.hasColors();
  if (plan.chart) {
    let rows = 0;
    for (const [i, reading] of readings.entries()) {
      const all = await allRows(reading);
      rows += all.rows.length;
      const look = { width: width ?? CHART_WIDTH, paint: colours ? painted : plain };
      await out.write((i > 0 ? '\n' : '') + chartOf(reading.report.name, all, look));
    }
    return { reports: readings.length, rows, sheets: null, remarks: [] };
  }
  if (plan.format === 'table') return await writeTables(readings, out, { width, bold: colours });
  if (plan.format === 'csv') return await writeCsv(readings, out);
  if (plan.format === 'json') return await writeJson(readings, out, { several: plan.reports.length > 1 });
  const lacking = new Set(opened.missing.map(({ region }) => region));
  const proven = (await provenUntil(db, regions)).map(({ region, until }) => ({
    region,
    until,
    remark: lacking.has(region) ? 'some reports are not there yet: run first' : '',
  }));
  return await writeWorkbook(readings, out, { made: new Date(), regions: proven });
}

/** Of a chart that is no terminal's. */
const CHART_WIDTH = 80;

const COLOURS = { red: 31, yellow: 33, green: 32, cyan: 36 } as const;
const painted: Paint = (text, colour) => `\u001b[${COLOURS[colour]}m${text}\u001b[39m`;
const plain: Paint = (text) => text;

/** What was written and where, for stderr. */
function said({ file }: Plan, { reports, rows, sheets, remarks }: Outcome, replaced: boolean): string {
  const number = `${count(rows)} row${rows === 1 ? '' : 's'}`;
  const what = [
    ...(sheets === null ? [] : [`${sheets} sheets`]),
    number,
    ...(reports > 1 ? [`of ${reports} reports`] : []),
  ].join(', ');
  const notes = remarks.map((remark) => `  ${remark}\n`).join('');
  if (file === null) return `(${what})\n${notes}`;
  return `${replaced ? 'Replaced' : 'Wrote'} ${file}: ${what}\n${notes}`;
}
