import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { simulateCommand } from '../../src/commands/simulate.js';
import { FAULTS } from '../../src/simulator/faults.js';
import { ODD_KINDS } from '../../src/simulator/odd.js';
import { ORDERS } from '../../src/simulator/select.js';

afterEach(() => vi.restoreAllMocks());

/** Runs the command until `use` is through with it. @returns what it printed */
async function simulate(
  flags: string,
  use: (environment: Record<string, string>) => Promise<void>,
): Promise<string> {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const ended = simulateCommand().parseAsync(['--port', '0', '--status', '0', ...flags.split(' ')], {
    from: 'user',
  });
  await vi.waitFor(() => expect(printed).toContain('base_url='));
  const pairs = [...printed.matchAll(/^(EVENT_CONFIGS__\S+?|HTTP_\S+?)=(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value],
  );
  await use(Object.fromEntries(pairs) as Record<string, string>);
  process.emit('SIGTERM');
  await ended;
  return printed;
}

it('prints an environment with which each region answers, and stops on a signal', async () => {
  const listeners = process.listenerCount('SIGINT');
  const flags =
    '--regions berlin,hong-kong --events 2 --children 1 --tickets 51 --odd all --requests-per-hour off';
  const printed = await simulate(flags, async (environment) => {
    for (const region of ['berlin', 'hong-kong']) {
      const value = (name: string) => environment[`EVENT_CONFIGS__${region}__${name}`] ?? '';
      expect(value('event_id').split(',')).toHaveLength(2);
      const headers = { authorization: `Bearer ${value('token')}` };
      const response = await fetch(`${value('base_url')}/tickets`, { headers });
      expect(await response.json()).toMatchObject({ total: 51 });
    }
    expect(environment['HTTP_REQUESTS_PER_HOUR']).toBe('1000000');
  });
  expect(printed).toMatch(/2 requests \(200: 2\), 50 rows, \d+\.\d MB\nstopped\n$/);
  expect(process.listenerCount('SIGINT')).toBe(listeners);
});

it.each([
  '--fault 428=1',
  '--fault 429=2',
  '--odd nope',
  '--top 0',
  '--order sideways',
  '--regions a,,b',
  '--requests-per-hour none',
])('refuses %s', async (flags) => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await expect(command.parseAsync(flags.split(' '), { from: 'user' })).rejects.toThrow(/error: option/);
});

it('is described in docs/simulator.md: every option, fault, odd row and order', () => {
  const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
  const options = simulateCommand().options.map(({ long }) => long ?? '');
  const missing = [...options, ...FAULTS, ...ODD_KINDS, ...ORDERS].filter(
    (name) => !page.includes(`\`${name}`),
  );
  expect(missing).toEqual([]);
});
