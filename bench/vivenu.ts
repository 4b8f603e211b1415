/** A simulated vivenu in a process of its own, whose work is not counted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Vivenu extends AsyncDisposable {
  /** Variables that point a region `demo` at it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The rows of one page of tickets, and how many there are. */
  page(skip: number, top: number): Promise<{ rows: unknown[]; total: number }>;
}

export interface VivenuOptions {
  readonly tickets: number;
  readonly order?: 'oldest' | 'random';
  /** Largest page. */
  readonly top?: number;
}

/** Starts one with nothing but events and tickets, all rendered beforehand, and without a budget of requests. */
export async function startVivenu(cli: string, options: VivenuOptions): Promise<Vivenu> {
  const { tickets, order = 'oldest', top = 1000 } = options;
  const size = ['--tickets', String(tickets), '--coupons', '0', '--series', '0'];
  const answers = ['--order', order, '--top', String(top), '--requests-per-hour', 'off', '--cache-pages'];
  const args = [
    '--max-old-space-size=8192',
    cli,
    'simulate',
    '--port',
    '0',
    '--status',
    '0',
    ...size,
    ...answers,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const environment: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) environment[name] = value;
    if (name === 'HTTP_REQUESTS_PER_HOUR') break;
  }
  if (environment['HTTP_REQUESTS_PER_HOUR'] === undefined) throw new Error('the simulator did not start');
  return {
    environment,
    async page(skip, top) {
      const url = `${environment['EVENT_CONFIGS__demo__base_url']}/tickets?skip=${skip}&top=${top}`;
      const headers = { authorization: `Bearer ${environment['EVENT_CONFIGS__demo__token']}` };
      return (await (await fetch(url, { headers })).json()) as { rows: unknown[]; total: number };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
