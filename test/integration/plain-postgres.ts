import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { prepareBinaries } from '../../src/load/embedded/binaries.js';
import { identityFor, type Identity } from '../../src/load/embedded/identity.js';
import { runProgram } from '../../src/load/embedded/run-program.js';
import type { FreshDatabase } from './database-fixture.js';

const PROGRAMS = ['initdb', 'pg_ctl', 'pg_dump', 'pg_restore', 'pg_basebackup'];

/** The folder of a PostgreSQL on this machine that has its clients too, which no npm package brings; undefined where there is none. */
export function localPrograms(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v pg_dump'], { encoding: 'utf8' }).stdout.trim();
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => path.join(debian, version, 'bin'));
  if (found !== '') folders.unshift(path.dirname(realpathSync(found)));
  return folders.find((folder) => PROGRAMS.every((name) => existsSync(path.join(folder, name))));
}

/** A PostgreSQL server in a folder of its own, with settings as an administrator writes them into `postgresql.conf`. */
export class PlainPostgres implements FreshDatabase {
  readonly home: string;
  readonly data: string;
  readonly bin: string;
  readonly identity: Identity | undefined;
  readonly url: string;
  readonly config: FreshDatabase['config'];

  private constructor(
    place: Pick<PlainPostgres, 'home' | 'bin' | 'identity'>,
    port: number,
    password: string,
  ) {
    this.home = place.home;
    this.data = path.join(place.home, 'data');
    this.bin = place.bin;
    this.identity = place.identity;
    this.url = `postgres://vivenu:${password}@127.0.0.1:${port}/postgres`;
    const server = { kind: 'server', host: '127.0.0.1', port, user: 'vivenu', password } as const;
    this.config = { ...server, database: 'postgres', ssl: 'disable', poolSize: 4 };
  }

  /** Makes and starts one with further settings, by the programs of a folder or, without it, the embedded ones. */
  static async start(
    settings: ((server: PlainPostgres) => string) | '',
    bin?: string,
  ): Promise<PlainPostgres> {
    const home = await mkdtemp(path.join(tmpdir(), 'vivenu-postgres-'));
    await chmod(home, 0o755);
    const identity = await identityFor(path.join(home, 'data'));
    const own = bin ?? (await prepareBinaries({ home, identity })).bin;
    const password = randomBytes(12).toString('hex');
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = new PlainPostgres({ home, bin: own, identity }, port, password);
    const file = path.join(home, 'password');
    await writeFile(file, password);
    for (const folder of ['data', 'backup', 'backup/wal'])
      await mkdir(path.join(home, folder), { mode: 0o700 });
    for (const name of ['', 'password', 'data', 'backup', 'backup/wal'])
      await server.own(path.join(home, name));
    const access = ['--username=vivenu', '--auth=scram-sha-256', `--pwfile=${file}`];
    await server.program('initdb', [...access, '--encoding=UTF8', '--locale=C', `--pgdata=${server.data}`]);
    const usual = `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\nfsync = off\nlog_min_messages = fatal\n`;
    await server.set(usual + (settings === '' ? '' : settings(server)));
    await server.begin();
    return server;
  }

  /** Adds lines to `postgresql.conf`. */
  async set(settings: string): Promise<void> {
    await appendFile(path.join(this.data, 'postgresql.conf'), settings);
  }

  async begin(): Promise<void> {
    const log = path.join(this.home, 'log');
    await writeFile(log, '');
    await this.own(log);
    await this.program('pg_ctl', ['start', '--wait', '--silent', `--pgdata=${this.data}`, `--log=${log}`]);
  }

  /** Until it has read all of its archive that it was told to, and takes writes again. */
  async isPromoted(): Promise<void> {
    const recovering = `select pg_is_in_recovery() as is`;
    await vi.waitFor(async () => expect(await this.query(recovering)).toEqual([{ is: false }]), {
      ...{ timeout: 30_000, interval: 50 },
    });
  }

  async stop(): Promise<void> {
    await this.program('pg_ctl', ['stop', '--wait', '--silent', '--mode=fast', `--pgdata=${this.data}`]);
  }

  /** Runs one command line as the server's user, its programs before all others. Throws with what it said when it fails. */
  async command(line: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn('sh', ['-c', line], {
      cwd: this.home,
      env: { PATH: `${this.bin}:/usr/bin:/bin`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.identity,
    });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    expect(code, `${line}\n${(await said).join('')}`).toBe(0);
  }

  async own(file: string): Promise<void> {
    if (this.identity) await chown(file, this.identity.uid, this.identity.gid);
  }

  async query<R>(sql: string, values?: unknown[]): Promise<R[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as R[];
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
    await rm(this.home, { recursive: true, force: true });
  }

  async program(name: 'initdb' | 'pg_ctl', args: readonly string[]): Promise<void> {
    const { home, data, bin, identity } = this;
    const place = { home, data, log: path.join(home, 'log'), identity, notice: undefined };
    const { ok, output } = await runProgram(name, args, { place, binaries: { bin, major: 0 } });
    const log = ok ? '' : await readFile(place.log, 'utf8').catch(() => '');
    expect(ok, `${name}: ${output}\n${log}`).toBe(true);
  }
}
