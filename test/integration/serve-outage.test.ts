import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OwnServer } from './own-server.js';
import { documents, envelope, HMAC, inboxOf, post, serving, workedOff } from './server-world.js';
import { KEY, world, World } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const withKey = [{ webhookKey: HMAC }];

/** Sends what was not answered with 200 again, as vivenu does, until everything was. Returns the answers that were given. */
async function insist(
  url: string,
  bodies: readonly string[],
  { pauseMs = 200, signal }: { pauseMs?: number; signal?: AbortSignal } = {},
): Promise<Map<number, number>> {
  const answers = new Map<number, number>();
  const send = async (body: string) => {
    for (;;) {
      const status = await post(url, body).catch(() => 0);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 200 || signal?.aborted) return;
      await sleep(pauseMs);
    }
  };
  await Promise.all(bodies.map(send));
  return answers;
}

interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly url: string;
}

/** The real command, in a process of its own. */
async function command(here: World): Promise<Child> {
  const child = spawn(process.execPath, [CLI, 'serve'], {
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      ENABLE_FILE_LOGGING: 'false',
      DATABASE_URL: here.database.url,
      SERVE_PORT: '0',
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: here.simulator.url,
      EVENT_CONFIGS__auckland__webhook_key: HMAC,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  const url = /http:\S+/.exec(text)?.[0] ?? '';
  expect(url).not.toBe('');
  return {
    process: child,
    url,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a database that stops', () => {
  it('makes deliveries 503 until it is back, and nothing is lost', async () => {
    await using server = await OwnServer.start();
    const made = await world({ regions: withKey, tickets: 50 });
    await made.database[Symbol.asyncDispose]();
    const here = new World(made.simulator, server, { ...made.config, database: server.config });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 300));
    const bodies = tickets.map((ticket) => envelope('ticket.created', { ticket }));
    await using serves = await serving(here);
    const parts = [bodies.slice(0, 100), bodies.slice(100, 200), bodies.slice(200)];
    await insist(serves.url, parts[0] ?? []);
    await server.stop();
    const sending = insist(serves.url, parts[1] ?? []);
    await sleep(3000);
    const live = await fetch(`${serves.url}/health/live`);
    const ready = await fetch(`${serves.url}/health/ready`);
    expect([live.status, ready.status]).toEqual([200, 503]);
    await server.start();
    const answers = await sending;
    await insist(serves.url, parts[2] ?? []);
    await workedOff(here, 300);
    expect(answers.get(503)).toBeGreaterThan(100);
    expect([...answers.keys()].sort()).toEqual([200, 503]);
    await here.expectExact();
    await made.simulator.close();
  });
});

describe('the command', () => {
  it('that is killed in the middle leaves an inbox that the next one works off', async () => {
    await using here = await world({ regions: withKey, tickets: 50 });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 600));
    const bodies = tickets.map((ticket) => envelope('ticket.created', { ticket }));
    await using first = await command(here);
    const gone = new AbortController();
    const sending = insist(first.url, bodies.slice(0, 300), { pauseMs: 50, signal: gone.signal });
    await sleep(150);
    first.process.kill('SIGKILL');
    gone.abort();
    await using second = await command(here);
    // vivenu knows one address only: what the first did not answer goes to the second.
    await sending;
    await insist(second.url, bodies, { pauseMs: 50 });
    await workedOff(here, 600);
    await here.expectExact();
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends within 5 s of %s, with what was answered kept', async (signal, code) => {
    await using here = await world({ regions: withKey, tickets: 20 });
    await here.complete();
    const tickets = await documents(here, here.simulator.sell(KEY, 100));
    await using child = await command(here);
    const statuses = await Promise.all(
      tickets.map((ticket) => post(child.url, envelope('ticket.created', { ticket }))),
    );
    const began = performance.now();
    const exit = once(child.process, 'exit');
    child.process.kill(signal);
    expect((await exit)[0]).toBe(code);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await inboxOf(here)).toHaveLength(100);
  });
});
