/** One cell of the matrix: a fault in a phase, and what became of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from './command.js';
import type { Fault } from './fault.js';
import { watchFor, type Phase } from './phases.js';
import { Scene } from './scene.js';
import type { PostgresServer } from './server.js';

export interface Outcome {
  readonly fault: string;
  readonly phase: Phase;
  /** Rows that were missing, otherwise, or too many after a run that ended with 0. */
  readonly lost: number;
  /** Exit codes of the run that was struck and of those that followed until one was complete. */
  readonly codes: readonly number[];
  /** From when the fault was over until a run was complete. */
  readonly recoverySeconds: number;
  /** From the fault to the end of the run that was struck. */
  readonly endSeconds: number;
  readonly pagesTwice: number;
  /** Requests that vivenu answered with the fault. */
  readonly failed: number;
  /** What is wrong; empty for a cell that is right. */
  readonly wrong: readonly string[];
}

/** Another run holds the region: its session has not ended yet. */
const BUSY = 3;
const MOST_RUNS = 12;
const CRON_MS = 1000;
/** The newest rows, which a run leaves to the next, and what the `Date` header leaves out. */
const UNREAD_MS = 3000;
/** Requests that the budget lacks, so that the command waits: some seconds, or for as long as it takes to stop it. */
const LACKING = { shortly: 80, long: 600 };

/** Plays one cell in a world of its own. Throws when the phase is not reached. */
export async function playCell(server: PostgresServer, fault: Fault, phase: Phase): Promise<Outcome> {
  const lacking = fault.group === 'signal' ? LACKING.long : LACKING.shortly;
  await using scene = await Scene.open(server, {
    lackingBudget: phase === 'waiting' ? lacking : null,
    ...(fault.env === undefined ? {} : { env: fault.env }),
  });
  const { struckAt, overAt, ...struck } = await strike(scene, fault, phase);
  const { runs, until } = await untilComplete(scene, struck);
  const pagesTwice = scene.pagesTwice();
  const failed = scene.failedRequests();
  const differences = [await scene.differences(until)];
  const later: Ended[] = [];
  for (const { ms = 0, full = false } of fault.later ?? [{}]) {
    scene.simulator.advance(ms);
    if (full) scene.stampedAhead.clear();
    const next = await again(scene, ...(full ? ['--full'] : []));
    later.push(next.run);
    differences.push(await scene.differences(next.until));
  }
  const lost = differences.reduce(
    (sum, { missing, different, extra }) => sum + missing + different + extra,
    0,
  );
  const endSeconds = (struck.run.at - struckAt) / 1000;
  const late = endSeconds * 1000 > (fault.endsWithinMs ?? Infinity);
  const wrong = [
    ...(lost > 0 ? [`lost: ${JSON.stringify(differences)}`] : []),
    ...wrongCodes(fault.codes(phase), runs),
    ...later.filter(({ code }) => code !== 0).map((run) => `a later run ended with ${told(run)}`),
    ...(failed < (fault.meets ?? 0) ? [`only ${failed} requests met the fault`] : []),
    ...(late ? [`ended after ${endSeconds.toFixed(1)} s`] : []),
    ...silent(struck.run),
  ];
  const recoverySeconds = Math.max(0, ((runs.at(-1)?.at ?? Infinity) - overAt) / 1000);
  const codes = runs.map(({ code }) => code);
  return { fault: fault.name, phase, lost, codes, recoverySeconds, endSeconds, pagesTwice, failed, wrong };
}

/** A run that has ended, and what vivenu's clock showed before which it had to read. */
interface Done {
  readonly run: Ended;
  readonly until: number;
}

/** A run that meets the fault in the phase. */
async function strike(
  scene: Scene,
  fault: Fault,
  phase: Phase,
): Promise<Done & { struckAt: number; overAt: number }> {
  const begun = watchFor(scene, phase, fault.side);
  const started = scene.shownTime();
  await using command = await scene.start();
  const moment = await begun(command);
  const struckAt = performance.now();
  const over = fault.strike({ scene, command, phase, moment }).then(() => performance.now());
  const until = Math.min(started, scene.shownTime()) - UNREAD_MS;
  const run = await command.ended;
  const overAt = await over;
  await calm(scene, phase);
  return { run, until, struckAt, overAt };
}

function wrongCodes(right: readonly number[], runs: readonly Ended[]): string[] {
  const [first, ...rest] = runs;
  if (first === undefined || (rest.at(-1)?.code !== 0 && rest.length > 0))
    return [`never complete: ${runs.map(told).join(' | ')}`];
  const odd = rest.slice(0, -1).filter(({ code }) => code !== BUSY);
  if (right.includes(first.code) && odd.length === 0) return [];
  return [`expected ${right.join(' or ')}, then 0: ${runs.map(told).join(' | ')}`];
}

/** A run that ends badly says why, and no run tells its key. */
function silent({ code, out, err }: { code: number; out: string; err: string }): string[] {
  const said = `${out}${err}`;
  return [
    ...(code !== 0 && code !== 137 && said.trim() === '' ? ['ended without a word'] : []),
    ...(said.includes('key_of_the') ? ['the key was told'] : []),
  ];
}

/** What lasted for the run that was struck is over for the next. */
async function calm(scene: Scene, phase: Phase): Promise<void> {
  const { faults } = scene.simulator;
  for (const name of Object.keys(faults) as (keyof typeof faults)[]) faults[name] = 0;
  scene.postgres.refused = () => false;
  scene.postgres.gate.delayMs = 0;
  if (phase === 'waiting') await scene.setBudget(null);
}

/** Runs again as cron would until a run is complete; in between the shop goes on. */
async function untilComplete(scene: Scene, struck: Done): Promise<{ runs: Ended[]; until: number }> {
  let last = struck;
  const runs = [struck.run];
  while (last.run.code !== 0 && runs.length < MOST_RUNS) {
    if (last.run.code === BUSY) await sleep(CRON_MS);
    last = await again(scene);
    runs.push(last.run);
  }
  return { runs, until: last.until };
}

/** The shop goes on, and the command is run once more. */
async function again(scene: Scene, ...options: readonly string[]): Promise<Done> {
  scene.move();
  const until = scene.shownTime() - UNREAD_MS;
  await using command = await scene.start(...options);
  return { run: await command.ended, until };
}

/** The exit code and the end of what a run said. */
const told = ({ code, out, err }: Ended): string =>
  `${code}: ${err.trim().slice(-600)} … ${out.trim().slice(-900)}`.replaceAll(/\s+/g, ' ');
