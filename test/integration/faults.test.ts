import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playCell } from '../faults/cell.js';
import { cellsOf } from '../faults/faults.js';
import { PostgresServer } from '../faults/server.js';

let server: PostgresServer;
beforeAll(async () => (server = await PostgresServer.start()));
afterAll(() => server[Symbol.asyncDispose]());

/** A few cells of `npm run test:faults`, which plays them all. */
describe('a fault', () => {
  it.each([
    'connection reset, 3 times/writing',
    'deadlock with another session/writing',
    'full disk (53100) until the run ends/summarising',
    'the Date header 1 h ahead/waiting',
    'SIGKILL/committing',
    'PostgreSQL restarts at once (immediate), 1 s down/committing',
  ])('%s costs no row, and the exit code is right', async (name) => {
    const [cell, ...more] = cellsOf(name);
    expect(more).toEqual([]);
    expect(await playCell(server, cell!.fault, cell!.phase)).toMatchObject({ wrong: [], lost: 0 });
  });
});

describe('SIGTERM', () => {
  it.each(['writing', 'summarising'])(
    'ends the run within 5 s with code 143 also when the database does not answer while %s',
    async (phase) => {
      const [cell] = cellsOf(`SIGTERM/${phase}`);
      const outcome = await playCell(server, cell!.fault, cell!.phase);
      expect(outcome).toMatchObject({ wrong: [], lost: 0, codes: [143, 0] });
      expect(outcome.endSeconds).toBeLessThan(5);
    },
  );
});

describe('the cells', () => {
  it('cover every phase, and no fault is named twice', () => {
    const cells = cellsOf();
    const names = cells.map(({ fault, phase }) => `${fault.name}/${phase}`);
    expect(new Set(names).size).toBe(cells.length);
    expect(cells.length).toBeGreaterThan(100);
  });

  it('all stand in docs/reliability.md as npm run test:faults wrote them, without a lost row', async () => {
    const page = (await readFile('docs/reliability.md', 'utf8')).replaceAll(/ +/g, ' ');
    const lacking = cellsOf().filter(
      ({ fault, phase }) => !page.includes(`| ${fault.name} | ${phase} | 0 |`),
    );
    expect(lacking.map(({ fault, phase }) => `${fault.name}/${phase}`)).toEqual([]);
    expect(page).not.toContain('**wrong**');
  });
});
