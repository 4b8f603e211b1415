import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSheet, default as readWorkbook } from 'read-excel-file/node';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vivenuIngest } from './command-line.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';
import { makeViews } from './report-views.js';

let database: FreshDatabase;
let folder: string;
let env: Record<string, string>;

const regionOf = (region: string, schema = region) => ({
  [`EVENT_CONFIGS__${region}__token`]: 'key_of_the_test',
  [`EVENT_CONFIGS__${region}__event_id`]: '*',
  [`EVENT_CONFIGS__${region}__schema_name`]: schema,
});

beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-report-'));
  await makeViews(database, 'auckland');
  await makeViews(database, 'hong-kong', { event: '香港', own: `, n % 7 as years` });
  env = { DATABASE_URL: database.url, ...regionOf('auckland'), ...regionOf('hongkong', 'hong-kong') };
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const report = (...args: string[]) => vivenuIngest(['report', ...args], env);
const file = (name: string) => path.join(folder, name);

describe('report', () => {
  it('lists the reports when none is named, without asking the database', async () => {
    const { code, stdout } = await vivenuIngest(['report'], {});
    expect(stdout.split('\n')[0]).toMatch(/^sales-summary/);
    expect(stdout).toMatch(/tickets-sold +[^(]*\(data of people/);
    expect(code).toBe(0);
  });

  it('names the nearest right report, with exit code 2', async () => {
    const { code, stderr } = await report('sales-sumary', 'v_coupon_leak', 'nonsense');
    expect(stderr).toContain('report "sales-sumary": there is no such report; did you mean sales-summary?');
    expect(stderr).toContain('did you mean coupon-leaks?');
    expect(stderr).toContain('report "nonsense": there is no such report; there are sales-summary, ');
    expect(code).toBe(2);
  });

  it('prints a table of all regions, with the region first', async () => {
    const { code, stdout, stderr } = await report('sales-summary');
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^region +event_id +event_name +ticket_group +sold +trigger +capacity +percent$/);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^auckland +e1 +Race +All singles +420 +500 +1000 +42\.0$/);
    expect(lines[3]).toMatch(/^hongkong +e1 +香港 +Total athletes +1234 +– +5000 +24\.68$/);
    expect(stderr).toBe('(4 rows)\n');
    expect(code).toBe(0);
  });

  it('takes one region, and names the nearest for one that is unknown', async () => {
    expect((await report('sales-summary', '--region', 'hongkong')).stdout).not.toContain('auckland');
    const { code, stderr } = await report('sales-summary', '--region', 'aukland');
    expect(stderr).toContain('--region aukland: did you mean auckland?');
    expect(code).toBe(2);
  });

  it('prints several under their name and question, and says where a table is not all', async () => {
    const { stdout, stderr } = await report('sales-summary', 'data-quality', '--limit', '3');
    expect(stdout).toMatch(/^sales-summary: How many are sold of each group, .*\n\nregion/);
    expect(stdout).toContain('\n\ndata-quality: Which tickets have something to mend?\n\nregion');
    expect(stderr).toContain('(6 rows, of 2 reports)\n');
    expect(stderr).toContain('sales-summary: the first 3 rows; --limit 0 shows all');
  });

  it('keeps people out of "all"', async () => {
    const { stdout } = await report('all', '--format', 'json', '--region', 'auckland');
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      'sales-summary',
      'sales-daily',
      'division-day-capacity',
      'data-quality',
    ]);
  });

  it('writes JSON with every digit, and null where only another region has a column', async () => {
    const { stdout } = await report('tickets-sold', '--format', 'json');
    const rows = JSON.parse(stdout) as { region: string; years: number | null }[];
    expect(rows).toHaveLength(2400);
    expect(rows.map(({ years }) => years).slice(1199, 1202)).toEqual([null, 1, 2]);
    expect(stdout).toContain('"long_number":12345678901234567890.10,"n":1,');
  });

  it('writes CSV in which no text is a formula, and numbers stay numbers', async () => {
    const { stdout } = await report('data-quality', '--format', 'csv', '--region', 'auckland');
    expect(stdout.startsWith('region,ticket_id,created_at,local_time,minor,problem\r\n')).toBe(true);
    const problems = stdout.split('\r\n').map((line) => line.split(/,(?:true|false),/)[1]);
    expect(problems.slice(1, 7)).toEqual([
      `"'=HYPERLINK(""http://x.invalid"",""prize"")"`,
      `'+49 30 1234`,
      `'-1+1`,
      `'@sum(a1)`,
      `'\tcmd`,
      `"'\rcmd"`,
    ]);
    const negative = await report('division-day-capacity', '--format', 'csv', '--region', 'auckland');
    expect(negative.stdout).toContain(',505,500,-5,101.0\r\n');
  });

  it('refuses more than one report in csv, an ending that is another format, and a chart of what has none', async () => {
    const { code, stderr } = await report('all', '--format', 'csv', '--output', 'x.xlsx', '--chart');
    expect(stderr).toContain('--output x.xlsx: the name ends in .xlsx, and --format says csv');
    expect(stderr).toContain('--format csv holds one report, and there are 14');
    expect(stderr).toContain(
      '--chart draws sales-daily, sales-hourly, division-day-capacity, and not sales-summary',
    );
    expect(code).toBe(2);
  });

  it('answers for the regions that are there when another was never run, says so and exits 1', async () => {
    const both = { ...env, ...regionOf('sydney') };
    const { code, stdout, stderr } = await vivenuIngest(['report', 'sales-summary'], both);
    expect(stdout).toContain('auckland');
    expect(stderr).toMatch(
      /sydney: v_sales_summary is not there yet; a run makes them: .*run --region sydney/,
    );
    expect(code).toBe(1);
  });

  it('writes nothing where no region was ever run', async () => {
    const target = file('never.csv');
    const { code, stdout, stderr } = await vivenuIngest(['report', 'sales-summary', '--output', target], {
      DATABASE_URL: database.url,
      ...regionOf('sydney'),
    });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/sydney: v_sales_summary is not there yet; .*run --region sydney/);
    expect(code).toBe(1);
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });

  it('draws sales over time in plain text where there is no terminal', async () => {
    const { code, stdout } = await report('sales-daily', '--chart', '--region', 'auckland');
    expect(stdout).toMatch(/^auckland · Race: sold a day, [\d,]+ in 40 days\n/);
    expect(stdout).toMatch(/[▁▂▃▄▅▆▇█]/);
    expect(stdout).toContain('2026-03-01');
    expect(stdout).toContain('2026-04-09');
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
  });

  it('draws how full each division is', async () => {
    const { stdout } = await report('division-day-capacity', '--chart', '--region', 'hongkong');
    expect(stdout).toMatch(/^hongkong · 香港\nHYROX MEN · SATURDAY +▕█+▌ +▏ +50 % {2}250 of 500\n/);
    expect(stdout).toMatch(/HYROX PRO MEN · SUNDAY +▕█+▶▏ 101 % {2}505 of 500\n/);
    expect(stdout).toMatch(/SPECTATOR · ALL +80 sold\n/);
  });
});

describe('report --output', () => {
  it('puts a whole file in its place, keeps its rights, and says what it wrote', async () => {
    const target = file('tickets.csv');
    await writeFile(target, 'older', { mode: 0o600 });
    const { code, stdout, stderr } = await report('tickets-sold', '--output', target);
    expect(stdout).toBe('');
    expect(stderr).toBe(`Replaced ${target}: 2,400 rows\n`);
    expect((await readFile(target, 'utf8')).split('\r\n')).toHaveLength(2402);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves the older file as it is when reading fails', async () => {
    await database.query(
      `create schema broken; create view broken.v_sales_summary as select 1 / (random() * 0)::int as sold`,
    );
    const target = file('kept.csv');
    await writeFile(target, 'older');
    const { code, stderr } = await vivenuIngest(['report', 'sales-summary', '--output', target], {
      DATABASE_URL: database.url,
      ...regionOf('broken'),
    });
    expect(stderr).toContain('division by zero');
    expect(code).toBe(1);
    expect(await readFile(target, 'utf8')).toBe('older');
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it.each([
    ['a folder', '.', 'this is a folder; name a file'],
    ['a file of a folder that is not there', 'nowhere/x.csv', 'its folder does not exist'],
  ])('refuses %s with exit code 2', async (_, name, words) => {
    const { code, stderr } = await report('sales-summary', '--format', 'csv', '--output', file(name));
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  it('writes to a device instead of replacing it', async () => {
    const { code } = await report('sales-summary', '--format', 'csv', '--output', '/dev/null');
    expect(code).toBe(0);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

describe('report --format xlsx', () => {
  const problemsOf = async (target: string) =>
    (await readSheet(target, 'Data quality')).slice(1, 13).map((row) => row[5]);

  it('holds a sheet of contents and one a report, with typed cells', async () => {
    const target = file('all.xlsx');
    const { code, stderr } = await report('all', '--output', target);
    expect(code).toBe(1);
    expect(stderr).toContain(`Wrote ${target}: 5 sheets, 100 rows, of 4 reports\n`);
    expect(stderr).toContain(
      'auckland: v_sales_growth, v_sales_hourly, v_ticket_types and 7 more are not there yet',
    );
    const sheets: string[] = (await readWorkbook(target)).map(({ sheet }) => sheet);
    expect(sheets).toEqual([
      'Contents',
      'Sales summary',
      'Sales daily',
      'Division day capacity',
      'Data quality',
    ]);
    const [head, first] = await readSheet(target, 'Sales summary');
    expect(head).toEqual([
      'region',
      'event_id',
      'event_name',
      'ticket_group',
      'sold',
      'trigger',
      'capacity',
      'percent',
    ]);
    expect(first).toEqual(['auckland', 'e1', 'Race', 'All singles', 420, 500, 1000, 0.42]);
    const [, day] = await readSheet(target, 'Sales daily');
    expect(day?.slice(3)).toEqual([new Date('2026-03-01T00:00:00Z'), 0, 0, 0]);
    const [names, quality] = await readSheet(target, 'Data quality');
    expect(names?.slice(2, 4)).toEqual(['created_at (UTC)', 'local_time']);
    expect(quality?.slice(2, 5)).toEqual([
      new Date('2026-03-01T11:00:30.250Z'),
      new Date('2026-03-02T00:00:00Z'),
      false,
    ]);
  });

  it('has no formula, whatever a text begins with, and cuts what is too long for a cell, saying so', async () => {
    const target = file('formulas.xlsx');
    const { stderr } = await report('data-quality', '--output', target, '--region', 'auckland');
    expect(stderr).toContain('1 text is longer than a cell holds and cut there');
    const problems = await problemsOf(target);
    expect(problems.slice(0, 7)).toEqual([
      '=HYPERLINK("http://x.invalid","prize")',
      '+49 30 1234',
      '-1+1',
      '@sum(a1)',
      'cmd',
      'cmd',
      'constructor',
    ]);
    // The reader trims; what XML cannot hold and what looks like its stand-in come back as they were.
    expect(problems[7]).toBe('bell \x07 and _x0041_');
    expect(problems.slice(8, 10)).toEqual(['漢字, "quoted"', '__proto__']);
    expect(problems[10]).toHaveLength(32_767);
    expect(problems[11]).toBeNull();
    const files = unzipSync(await readFile(target));
    const xml = Object.entries(files)
      .filter(([name]) => name.startsWith('xl/worksheets/sheet'))
      .map(([, bytes]) => Buffer.from(bytes).toString());
    expect(xml).toHaveLength(2);
    for (const sheet of xml) expect(sheet).not.toMatch(/<f[ >/]/);
    expect(xml[1]).toMatch(/<pane [^>]*ySplit="1"[^>]*state="frozen"/);
    expect(xml[1]).toContain('<autoFilter ref="A1:F13"/>');
  });

  it('says in its contents what is in it and until when the tickets are proven', async () => {
    await database.query(`
      create schema vivenu_ingest;
      create table vivenu_ingest.runs (run_id int, started_at timestamptz);
      create table vivenu_ingest.run_streams (run_id int, region text, schema_name text, stream text, proven boolean, finished_at timestamptz);
      insert into vivenu_ingest.runs values (1, '2026-05-01 10:00Z'), (2, '2026-05-01 11:00Z');
      insert into vivenu_ingest.run_streams values (1, 'auckland', 'auckland', 'tickets', true, '2026-05-01 10:05Z'),
        (2, 'auckland', 'auckland', 'tickets', false, '2026-05-01 11:05Z')`);
    const target = file('contents.xlsx');
    await report('sales-summary', 'sales-daily', '--limit', '5', '--output', target);
    const rows = await readSheet(target, 'Contents');
    expect(rows[0]?.[0]).toBe('vivenu reports');
    expect(rows[1]?.[1]).toBeInstanceOf(Date);
    const find = (name: string) => rows.find(([first]) => first === name);
    expect(find('auckland')?.[1]).toEqual(new Date('2026-05-01T10:00:00Z'));
    expect(find('hongkong')?.[1]).toBe('never proven');
    expect(find('Sales summary')).toEqual([
      'Sales summary',
      'How many are sold of each group, against trigger and capacity?',
      4,
      'auckland, hongkong',
      null,
    ]);
    expect(find('Sales daily')?.slice(2)).toEqual([
      5,
      'auckland, hongkong',
      'the first 5 rows; there are more',
    ]);
    // Without a region in the configuration, those that the database knows are asked.
    const known = await vivenuIngest(['report', 'sales-summary'], { DATABASE_URL: database.url });
    expect(known.stdout).toContain('auckland');
    expect(known.stdout).not.toContain('hongkong');
    await database.query('drop schema vivenu_ingest cascade');
  });

  it('goes to stdout as bytes where that is no terminal', async () => {
    const cli = path.resolve(import.meta.dirname, '../../dist/cli.js');
    const child = spawn(process.execPath, [cli, 'report', 'sales-summary', '--format', 'xlsx'], {
      cwd: folder,
      env: { ...env, PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pieces: Buffer[] = [];
    for await (const piece of child.stdout as AsyncIterable<Buffer>) pieces.push(piece);
    const rows = await readSheet(Buffer.concat(pieces), 'Sales summary');
    expect(rows).toHaveLength(5);
  });
});
