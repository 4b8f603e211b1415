import { expect } from 'vitest';
import { program } from '../../src/commands/program.js';

const COMMANDS = new Map(program().commands.map((command) => [command.name(), command]));

/** Whether the words behind `vivenu-ingest` are a command with options that it has. */
export function expectCommand(words: readonly string[]): void {
  const [name = '', ...rest] = words;
  const command = COMMANDS.get(name);
  expect(command, name).toBeDefined();
  const options = command?.options.map(({ long }) => long);
  for (const option of rest.filter((word) => word.startsWith('--')))
    expect(options, `${name} ${option}`).toContain(option);
}
