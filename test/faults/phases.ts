/** The phases of a run, each with how it is noticed from outside while it lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.js';
import type { Moment, Trigger } from './postgres-gate.js';
import type { Scene } from './scene.js';

export const PHASES = ['waiting', 'reading', 'writing', 'committing', 'proving', 'summarising'] as const;
/**
 * `waiting` for the request budget; `reading`: pages are on their way; `writing`: rows of a page are being stored; `committing`: they are
 * stored, and the command has not heard of it; `proving`: counts are compared; `summarising`: the summaries are written.
 */
export type Phase = (typeof PHASES)[number];

/** Whose answers a fault spoils: the proof begins at another moment for vivenu than for the database. */
export type Side = 'vivenu' | 'database';

/** Pages that have come before a phase is taken to have begun. */
const PAGES = 3;
const LOOK_MS = 2;

/** Begins to look for a phase, before the command is started; what is found is held until it is released. */
export function watchFor(scene: Scene, phase: Phase, side: Side): (command: Command) => Promise<Moment> {
  if (phase === 'waiting') return (command) => waiting(command);
  if (phase === 'reading') return (command) => reading(scene, command);
  const reached = scene.postgres.at(triggerOf(scene, phase, side));
  return async (command) => {
    const ended = command.ended.then(({ code, out, err }) => {
      throw new Error(`ended with ${code} before ${phase}: ${err}${out.slice(-2000)}`);
    });
    return await Promise.race([reached, ended]);
  };
}

async function waiting(command: Command): Promise<Moment> {
  await until(command, 'waiting', () => /waiting .* request budget/.test(command.err));
  return { release: () => undefined };
}

async function reading(scene: Scene, command: Command): Promise<Moment> {
  await until(command, 'reading', () => scene.pages().length >= PAGES);
  scene.api.hold();
  return { release: () => scene.api.release() };
}

async function until(command: Command, phase: Phase, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (command.over) throw new Error(`ended before ${phase}: ${command.err}`);
    await sleep(LOOK_MS);
  }
}

function triggerOf(scene: Scene, phase: Phase, side: Side): Trigger {
  let pages = 0;
  const isPage = (text: string) => text.includes('insert into "auckland"."tickets" as stored');
  if (phase === 'writing') return { side: 'before', statement: (text) => isPage(text) && ++pages === PAGES };
  if (phase === 'committing') {
    const storing = new Set<number>();
    const statement = (text: string, connection: number) => {
      if (isPage(text)) storing.add(connection);
      return text === 'commit' && storing.delete(connection) && ++pages === PAGES;
    };
    return { side: 'after', statement };
  }
  if (phase === 'summarising')
    return { side: 'before', statement: (text) => text.includes('insert into ticket_summary as stored') };
  // When the last page is stored, vivenu is asked for its count, and then the database for its own.
  const proof = side === 'vivenu' ? 'set read_at = read_began_at' : 'rejected_records as reject';
  return { side: 'before', statement: (text) => scene.pages().length >= PAGES && text.includes(proof) };
}
