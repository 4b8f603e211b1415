import { Command } from 'commander';
import { getConfig, type Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { checkDatabase } from '../sync/check-database.js';
import { checkKeys } from '../sync/check.js';
import { chooseRegions } from '../sync/choose.js';
import { partsOf, type Finding } from '../sync/finding.js';
import type { Region } from '../sync/region.js';
import { checkSchedules } from '../work/demand.js';
import { findingsText } from './findings-text.js';

interface Flags {
  region?: string[];
  json?: true;
}

/** `check`: what is right and wrong, and how to mend it. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check configuration, database, each key and event; one line each, with how to mend it')
    .option('--region <name...>', 'only these regions')
    .option('--json', 'the findings as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      '\nExit codes: 0 a run can work (warnings included); 1 something fails; 2 wrong usage or configuration.',
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  const regions = chooseRegions(config, flags.region ?? null);
  const [database, keys] = await Promise.all([databaseFindings(config, regions), checkKeys(config, regions)]);
  const findings = [...configFindings(config, regions), ...byRegion([...database, ...keys], regions)];
  process.stdout.write(
    flags.json ? `${JSON.stringify(asJson(findings), null, 2)}\n` : findingsText(findings),
  );
  process.exitCode = findings.some(({ level }) => level === 'fail') ? 1 : 0;
}

const byRegion = (findings: readonly Finding[], regions: readonly Region[]) =>
  [null, ...regions.map(({ name }) => name)].flatMap((name) =>
    findings.filter(({ region }) => region === name),
  );

function configFindings({ events, warnings }: Config, regions: readonly Region[]): Finding[] {
  const keys = new Set(regions.map(({ config }) => config.token)).size;
  const of = regions.length < events.length ? ` of ${events.length}` : '';
  const says = `${regions.length}${of} region${events.length === 1 ? '' : 's'} with ${keys} key${keys === 1 ? '' : 's'}`;
  const subject = 'config';
  return [
    { level: 'ok', region: null, subject, says },
    ...warnings.map((warning): Finding => ({ level: 'warn', region: null, subject, says: warning })),
  ];
}

async function databaseFindings(config: Config, regions: readonly Region[]): Promise<Finding[]> {
  try {
    await using db = await DatabaseManager.connect(config.database);
    return [...(await checkDatabase(db, regions)), ...(await checkSchedules(db, config, regions))];
  } catch (error) {
    return [{ level: 'fail', region: null, subject: 'database', ...partsOf(error, { name: '' }) }];
  }
}

function asJson(findings: readonly Finding[]): object {
  const failed = findings.filter(({ level }) => level === 'fail');
  if (failed.length > 0) {
    const error = failed
      .map(({ region, says }) => (region === null ? says : `${region}: ${says}`))
      .join('; ');
    return { status: 'failed', error, findings };
  }
  return { status: findings.some(({ level }) => level === 'warn') ? 'warn' : 'ok', findings };
}
