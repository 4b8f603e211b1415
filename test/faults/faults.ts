/** All faults of the matrix, and its cells. */
import { DATABASE_FAULTS } from './database-faults.js';
import type { Fault } from './fault.js';
import { CLOCK_FAULTS, SIGNALS } from './other-faults.js';
import type { Phase } from './phases.js';
import { VIVENU_FAULTS } from './vivenu-faults.js';

export const FAULTS: readonly Fault[] = [...VIVENU_FAULTS, ...DATABASE_FAULTS, ...CLOCK_FAULTS, ...SIGNALS];

/** A fault in a phase. */
export interface CellName {
  readonly fault: Fault;
  readonly phase: Phase;
}

/** The cells whose `fault/phase` holds the text; all without one. */
export const cellsOf = (only = ''): CellName[] =>
  FAULTS.flatMap((fault) => fault.phases.map((phase) => ({ fault, phase }))).filter(({ fault, phase }) =>
    `${fault.name}/${phase}`.toLowerCase().includes(only.toLowerCase()),
  );
