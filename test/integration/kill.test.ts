import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isCount, KEY, parameter, world } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const WORKERS = 3;
const PAGE = 100;

type World = Awaited<ReturnType<typeof world>>;

/** The command as a user starts it, in an empty folder. */
class Command implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => (this.output += String(text)));
  }

  static async run(here: World): Promise<Command> {
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-kill-'));
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: here.database.url,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: here.simulator.url,
      HTTP_REQUESTS_PER_HOUR: '1000000',
      BATCH_MAX_WORKERS: String(WORKERS),
    };
    // A server notices a client that was killed only when it writes to it: the next run waits for its locks.
    return new Command(
      spawn(process.execPath, [CLI, 'run', '--wait', '--json'], { cwd: folder, env }),
      folder,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const pages = (here: World) =>
  here.simulator.log.filter((line) => line.path === '/api/tickets' && !isCount(line));

/** Waits until vivenu has answered this many pages of tickets, or the command has ended. */
async function answered(here: World, count: number): Promise<void> {
  await vi.waitFor(() => expect(pages(here).length).toBeGreaterThanOrEqual(count), {
    timeout: 30_000,
    interval: 2,
  });
}

const content = (here: World, schema: string) =>
  here.sql(
    `select id, raw, encode(content_hash, 'hex') as hash, deleted_at from ${schema}.tickets order by id`,
  );

describe('kill -9', () => {
  it('at any moment leaves a load that goes on: an identical table, and no page read twice but those in flight', async () => {
    await using here = await world({ tickets: 8000, top: { policy: 'clamp', max: PAGE } });
    const kills = 5;
    const moments = Array.from({ length: kills }, () => 1 + Math.floor(Math.random() * 14));
    console.log(`killed after further pages: ${moments.join(', ')}`);
    for (const moment of moments) {
      await using command = await Command.run(here);
      await answered(here, pages(here).length + moment);
      command.signal('SIGKILL');
      expect(await command.ended).toBeNull();
    }
    await using command = await Command.run(here);
    expect(await command.ended, command.output).toBe(0);
    await here.expectExact();

    const queries = pages(here)
      .filter((line) => line.status === 200 && parameter(line, 'updatedAt[$lte]') === null)
      .map(({ query }) => query);
    const twice = queries.length - new Set(queries).size;
    expect(twice).toBeLessThanOrEqual(kills * WORKERS);

    here.configure({ region: 'undisturbed' });
    await here.complete();
    expect(await content(here, 'auckland')).toEqual(await content(here, 'undisturbed'));
  });
});

describe('a signal', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s ends the run with exit code %i and keeps what was read', async (signal, code) => {
    await using here = await world({ tickets: 3000, top: { policy: 'clamp', max: PAGE } });
    {
      await using command = await Command.run(here);
      await answered(here, 6);
      command.signal(signal);
      expect(await command.ended, command.output).toBe(code);
      expect(command.output).toMatch(/"status": "interrupted"/);
    }
    const before = pages(here).length;
    expect(await here.stored()).not.toEqual([]);
    const [read] = await here.sql('select read_id from vivenu_ingest.cursors where read_id is not null');
    expect(read).toBeDefined();
    await using command = await Command.run(here);
    expect(await command.ended, command.output).toBe(0);
    await here.expectExact();
    const created = pages(here).filter((line) => parameter(line, 'updatedAt[$lte]') === null);
    expect(created.length).toBeLessThan(30 + 10);
    expect(before).toBeLessThan(created.length);
  });
});
