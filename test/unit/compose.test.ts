import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { VARIABLES } from '../../src/config/config.js';
import { expectCommand } from './known-command.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const KNOWN = new Set(VARIABLES.map(({ name }) => name));

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
}

interface Compose {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
}

const composeOf = (name: string) => parse(read(`deploy/${name}`), { merge: true }) as Compose;
const whole = composeOf('compose.yaml');
const workers = composeOf('compose.workers.yaml');
/** As `docker compose` lays one file over the other: what a service of the second sets replaces what it had. */
const together: Compose = {
  ...whole,
  services: {
    ...whole.services,
    ...workers.services,
    ingest: { ...whole.services['ingest'], ...workers.services['ingest'] },
  },
};

describe.each(['compose.yaml', 'compose.workers.yaml'])('%s', (name) => {
  it('has nothing that the linter objects to', () => {
    const linter = path.join(ROOT, 'node_modules/dclint/bin/dclint.cjs');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [linter, '--config', 'deploy/.dclintrc.yaml', '--max-warnings', '0', `deploy/${name}`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect({ status, said: (stdout + stderr).trim() }).toEqual({ status: 0, said: '' });
  });

  it('holds no secret, and takes from outside only variables that exist', () => {
    const text = read(`deploy/${name}`);
    expect(text).not.toMatch(/key_[0-9a-f]{6}/);
    const taken = [...text.matchAll(/\$\{(\w+)/g)].map(([, variable]) => variable);
    expect(taken.filter((variable) => !KNOWN.has(variable ?? ''))).toEqual([]);
  });
});

describe.each([
  ['compose.yaml', whole],
  ['compose.yaml with compose.workers.yaml', together],
])('%s', (_, { services: named, volumes: kept = {} }) => {
  const services = Object.entries(named);
  const ours = services.filter(([, { image = '' }]) => image.startsWith('vivenu-ingest:'));

  it('refers to services, volumes and files that exist', () => {
    for (const [name, { depends_on: needs = {}, volumes = [], build }] of services) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        expect(named, name).toHaveProperty([needed]);
        if (condition === 'service_healthy')
          expect(named[needed]?.healthcheck, `${needed} has a health check`).toBeDefined();
      }
      for (const volume of volumes.map((one) => one.split(':')[0] ?? ''))
        if (!volume.startsWith('.')) expect(kept).toHaveProperty([volume]);
      if (build) expect(existsSync(path.join(ROOT, 'deploy', build.context, build.dockerfile))).toBe(true);
    }
  });

  it('sets variables that exist, and secrets from outside', () => {
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        expect(KNOWN, name).toContain(name);
        if (VARIABLES.some((one) => one.name === name && one.secret))
          expect(value, name).toMatch(/^\$\{\w+:\?[^}]+\}$/);
      }
    }
  });

  it('gives the program no more than it needs, and lets nobody beyond this machine in', () => {
    expect(ours.length).toBeGreaterThan(0);
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      for (const volume of service.volumes ?? []) expect(volume, name).toMatch(/:ro$/);
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('starts commands that exist, of which one alone does the work', () => {
    const commands = ours.map(([, { command = [] }]) => command);
    for (const command of commands) expectCommand(command);
    const lines = commands.map((command) => command.join(' '));
    expect(lines.includes('serve') && lines.includes('worker')).toBe(false);
  });
});
