/** What a fault of the matrix is. */
import type { Command } from './command.js';
import type { Phase, Side } from './phases.js';
import type { Moment } from './postgres-gate.js';
import type { Scene } from './scene.js';

/** The moment at which it strikes. */
export interface Strike {
  readonly scene: Scene;
  readonly command: Command;
  readonly phase: Phase;
  readonly moment: Moment;
}

/** Something that goes wrong, as a value. */
export interface Fault {
  readonly name: string;
  readonly group: 'vivenu' | 'database' | 'clock' | 'signal';
  /** Those in which it can be met. */
  readonly phases: readonly Phase[];
  readonly side: Side;
  /** Variables of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets it happen, and resolves when it is over; what still lasts then ends with the run. */
  strike(at: Strike): Promise<void>;
  /** Exit codes of the run that it struck which are right. */
  codes(phase: Phase): readonly number[];
  /** Further runs, so many milliseconds later by vivenu's clock; after the last everything has to be there. @default one, at once */
  readonly later?: readonly { readonly ms?: number; readonly full?: boolean }[];
  /** Requests that have to meet it, so that it was there at all; 0 where that is chance. @default 0 */
  readonly meets?: number;
  /** Milliseconds within which the run has to end. */
  readonly endsWithinMs?: number;
}

export const COMPLETE = 0;
export const INCOMPLETE = 1;
