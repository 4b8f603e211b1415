import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { program } from '../../src/commands/program.js';
import { VARIABLES } from '../../src/config/config.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const KNOWN = new Set(VARIABLES.map(({ name }) => name));
const COMMANDS = new Map(program().commands.map((command) => [command.name(), command]));

/** Whether the words behind `vivenu-ingest` are a command with options that it has. */
function expectCommand(words: readonly string[]): void {
  const [name = '', ...rest] = words;
  const command = COMMANDS.get(name);
  expect(command, name).toBeDefined();
  const options = command?.options.map(({ long }) => long);
  for (const option of rest.filter((word) => word.startsWith('--')))
    expect(options, `${name} ${option}`).toContain(option);
}

describe('the Dockerfile', () => {
  const text = read('deploy/Dockerfile');
  const file = DockerfileParser.parse(text);
  const instructions = file.getInstructions();
  const named = (keyword: string) => instructions.filter((one) => one.getKeyword() === keyword);

  it('has nothing that the linter objects to', () => {
    expect(validate(text)).toEqual([]);
  });

  it('builds every stage on the same Node, of a version that is named', () => {
    const images = file.getFROMs().map((from) => from.getImage());
    expect(new Set(images)).toEqual(new Set(['node:${NODE}']));
    expect(named('ARG').map((arg) => arg.getArgumentsContent())).toEqual([
      expect.stringMatching(/^NODE=\d+-(alpine|slim)$/),
    ]);
  });

  it('ends as an ordinary user, after the last file was put in place', () => {
    const keywords = instructions.map((one) => one.getKeyword());
    const user = named('USER').at(-1)?.getArgumentsContent() ?? 'root';
    expect(user).not.toMatch(/^(root|0)\b/);
    for (const keyword of ['COPY', 'RUN'])
      expect(keywords.lastIndexOf(keyword)).toBeLessThan(keywords.lastIndexOf('USER'));
  });

  it('starts the program without a shell, so that signals reach it, and looks after its health', () => {
    for (const keyword of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) {
      const content = named(keyword).at(-1)?.getArgumentsContent() ?? '';
      expect(() => JSON.parse(content.slice(content.indexOf('['))) as string[], keyword).not.toThrow();
    }
    expectCommand(JSON.parse(named('CMD').at(-1)?.getArgumentsContent() ?? '[]') as string[]);
  });

  it('sets variables that exist, and none that is secret', () => {
    const set = file.getENVs().flatMap((env) => env.getProperties().map((one) => one.getName()));
    for (const name of set.filter((one) => one !== 'NODE_ENV')) {
      expect(KNOWN, name).toContain(name);
      expect(VARIABLES.find((one) => one.name === name)?.secret, name).toBe(false);
    }
  });

  it('installs exactly what the lock file says, runs no script of a package and adds nothing from elsewhere', () => {
    for (const run of named('RUN').map((one) => one.getArgumentsContent() ?? '')) {
      expect(run).not.toMatch(/\bnpm (i|install|add)\b|curl|wget|sudo|\bapk\b|\bapt/);
      if (run.includes('npm ci')) expect(run).toContain('--ignore-scripts');
    }
    expect(named('ADD')).toEqual([]);
  });

  it('names in .dockerignore what it copies, and lets nothing else in', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const [first, ...allowed] = lines;
    expect(first).toBe('*');
    const copied = file
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .map((argument) => argument.getValue())
          .slice(0, -1),
      );
    expect(new Set(copied.map((name) => `!${name.split('/')[0] ?? ''}`))).toEqual(new Set(allowed));
    for (const name of copied) expect(existsSync(path.join(ROOT, name)), name).toBe(true);
  });
});

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
}

describe('compose.yaml', () => {
  const text = read('deploy/compose.yaml');
  const compose = parse(text, { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);
  const ours = services.filter(
    ([, service]) => service.build !== undefined || service.image === 'vivenu-ingest',
  );

  it('has only keys that the format knows', () => {
    const top = ['name', 'services', 'volumes', 'networks', 'secrets', 'configs'];
    const known =
      'image build restart environment env_file volumes shm_size healthcheck stop_grace_period logging entrypoint command depends_on init read_only cap_drop security_opt mem_limit ports profiles tmpfs user';
    expect(top).toEqual(expect.arrayContaining(Object.keys(compose)));
    for (const [name, service] of services)
      expect(known.split(' '), name).toEqual(expect.arrayContaining(Object.keys(service)));
  });

  it('refers to services, volumes and files that exist', () => {
    for (const [name, { depends_on: needs = {}, volumes = [], build }] of services) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        expect(compose.services, name).toHaveProperty([needed]);
        if (condition === 'service_healthy')
          expect(compose.services[needed]?.healthcheck, `${needed} has a health check`).toBeDefined();
      }
      for (const volume of volumes.map((one) => one.split(':')[0] ?? ''))
        if (!volume.startsWith('.')) expect(compose.volumes).toHaveProperty([volume]);
      if (build) expect(existsSync(path.join(ROOT, 'deploy', build.context, build.dockerfile))).toBe(true);
    }
  });

  it('sets variables that exist, and holds no secret', () => {
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        expect(KNOWN, name).toContain(name);
        if (VARIABLES.some((one) => one.name === name && one.secret))
          expect(value, name).toMatch(/^\$\{\w+:\?[^}]+\}$/);
      }
    }
    expect(text).not.toMatch(/key_[0-9a-f]{6}/);
  });

  it('takes from outside only variables that exist', () => {
    const taken = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(taken.filter((name) => !KNOWN.has(name ?? ''))).toEqual([]);
  });

  it('gives the program no more than it needs', () => {
    expect(ours.length).toBeGreaterThan(0);
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      for (const volume of service.volumes ?? []) expect(volume, name).toMatch(/:ro$/);
    }
  });

  it('starts scripts that the image has', () => {
    const copied = DockerfileParser.parse(read('deploy/Dockerfile'))
      .getCOPYs()
      .map((copy) => copy.getArguments().at(-1)?.getValue());
    for (const [, { entrypoint: [script = ''] = [] }] of ours)
      if (script !== '') expect(copied).toContain(script.replace('/app/', './'));
  });
});

const UNITS = readdirSync(path.join(ROOT, 'deploy/systemd'));
const unit = (name: string) => read(`deploy/systemd/${name}`);
const values = (text: string, key: string) =>
  [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the systemd units', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'vivenu-units-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The units with a program that exists on this machine. */
  function placed(): string[] {
    return UNITS.map((name) => {
      const file = path.join(folder, name);
      writeFileSync(file, unit(name).replace(/^ExecStart=vivenu-ingest/m, 'ExecStart=/bin/true'));
      return file;
    });
  }

  it.runIf(hasSystemd)('are found right by systemd', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...placed()], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.runIf(hasSystemd)('expose little: systemd rates them 2 of 10 or better', () => {
    const services = placed().filter((file) => file.endsWith('.service'));
    for (const file of services) {
      const { status, stdout } = spawnSync(
        'systemd-analyze',
        ['security', '--offline=yes', '--no-pager', '--threshold=20', file],
        { encoding: 'utf8' },
      );
      expect(status, stdout).toBe(0);
    }
  });

  it.runIf(hasSystemd)('come at times that systemd can read', () => {
    for (const time of UNITS.flatMap((name) => values(unit(name), 'OnCalendar')))
      expect(spawnSync('systemd-analyze', ['calendar', time]).status, time).toBe(0);
  });

  it('start commands that exist, and each timer has its service', () => {
    for (const name of UNITS) {
      for (const line of values(unit(name), 'ExecStart')) {
        const [command, ...words] = line.split(' ');
        expect(command).toBe('vivenu-ingest');
        expectCommand(words);
      }
      if (name.endsWith('.timer')) expect(UNITS).toContain(name.replace(/timer$/, 'service'));
    }
  });

  it('set variables that exist, and no secret', () => {
    for (const name of UNITS)
      for (const assignment of values(unit(name), 'Environment')) {
        const variable = VARIABLES.find((one) => one.name === assignment.split('=')[0]);
        expect(variable?.secret, assignment).toBe(false);
      }
  });

  it('guard all services alike', () => {
    const guards = UNITS.filter((name) => name.endsWith('.service')).map((name) =>
      unit(name).slice(unit(name).indexOf('NoNewPrivileges=')),
    );
    expect(new Set(guards).size).toBe(1);
  });
});

/** A folder with a `vivenu-ingest` that notes how it was called, and ends as it is told. */
function withStub(folder: string, body: string): NodeJS.ProcessEnv {
  writeFileSync(path.join(folder, 'vivenu-ingest'), `#!/bin/sh\necho "$@" >> '${folder}/calls'\n${body}\n`, {
    mode: 0o755,
  });
  return { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
}

describe('run-every.sh', () => {
  const script = path.join(ROOT, 'deploy/run-every.sh');
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'vivenu-every-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const calls = () => readFileSync(path.join(folder, 'calls'), 'utf8').trimEnd().split('\n');
  /** For some seconds; `timeout` sends TERM then and tells the script's own exit code. */
  const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    spawnSync('timeout', ['--preserve-status', '2.5', script, ...args], { env, encoding: 'utf8' });

  it('may be executed', () => {
    expect(statSync(script).mode & 0o111).toBe(0o111);
  });

  it('runs again after each interval, whatever became of the last run', () => {
    run(withStub(folder, 'exit 1'), '1');
    expect(calls()).toEqual(expect.arrayContaining(['run']));
    expect(calls().length).toBeGreaterThanOrEqual(2);
    expect(new Set(calls())).toEqual(new Set(['run']));
  });

  it('reads everything once in the hour that was named, and again only until that succeeded', () => {
    const hour = new Date().getHours().toString().padStart(2, '0');
    run(withStub(folder, `test "$(wc -l < '${folder}/calls')" -gt 1`), '1', hour);
    expect(calls().slice(0, 3)).toEqual(['run --full', 'run --full', 'run']);
  });

  it('hands TERM on to the run, waits for its end, and ends as it did', () => {
    const env = withStub(
      folder,
      `trap 'sleep 0.5; echo ended >> "${folder}/calls"; exit 143' TERM; sleep 60 & wait`,
    );
    const { status } = run(env, '1');
    expect(status).toBe(143);
    expect(calls()).toEqual(['run', 'ended']);
  });

  it('ends at once when it is told to between two runs', () => {
    const began = Date.now();
    run(withStub(folder, 'exit 0'), '600');
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(calls()).toEqual(['run']);
  });
});
