import { Command } from 'commander';
import { text } from 'node:stream/consumers';
import { UsageError } from '../errors.js';
import { hashPassword } from '../server/api/password.js';

const SHORTEST = 10;

/** `password`: the line that lets people into the dashboard. */
export function passwordCommand(): Command {
  return new Command('password')
    .description('ask for a password of the dashboard, and print the line to set')
    .option('--viewer', 'for those who look only; without it, for operators')
    .addHelpText(
      'after',
      '\nThe password is asked for twice and not shown; from a pipe, it is the first line. Only a hash of it is printed.',
    )
    .action(run);
}

async function run(flags: { viewer?: true }): Promise<void> {
  const password = process.stdin.isTTY
    ? await askTwice()
    : ((await text(process.stdin)).split(/\r?\n/)[0] ?? '');
  if (password.length < SHORTEST) throw new UsageError([`a password has ${SHORTEST} characters at least`]);
  const name = flags.viewer ? 'SERVE_VIEWER_PASSWORD_HASH' : 'SERVE_OPERATOR_PASSWORD_HASH';
  process.stdout.write(`${name}=${await hashPassword(password)}\n`);
}

async function askTwice(): Promise<string> {
  const first = await ask('Password: ');
  if (first === (await ask('Once more: '))) return first;
  throw new UsageError(['the two are not the same']);
}

const [INTERRUPT, END, BACK, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/** Reads a line of the terminal without showing it. */
async function ask(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  let typed = '';
  try {
    for (;;) {
      const signs = await new Promise<string>((resolve) =>
        stdin.once('data', (data) => resolve(String(data))),
      );
      for (const sign of signs) {
        if (sign === '\r' || sign === '\n') return typed;
        if (sign === INTERRUPT || sign === END) throw new UsageError(['nothing was made']);
        typed = sign === BACK || sign === DELETE ? typed.slice(0, -1) : typed + sign;
      }
    }
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}
