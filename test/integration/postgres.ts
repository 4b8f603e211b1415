import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/load/embedded/start.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of a server on which the tests may create databases and roles. */
    postgresUrl: string;
  }
}

/** What a server may forget in a power cut is of no use to a test. */
const FAST = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_wal_size: '1GB' };

/** One server for the whole test run: the one named by TEST_DATABASE_URL, or an embedded one that is removed at the end. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) {
    project.provide('postgresUrl', url);
    return undefined;
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-test-'));
  const server = await startEmbedded({ directory, settings: FAST });
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.close();
    await removeHome(server.dataDirectory);
    await rm(directory, { recursive: true, force: true });
  };
}

/** As root the data may live outside the folder that was asked for. */
async function removeHome(dataDirectory: string): Promise<void> {
  await rm(path.resolve(dataDirectory, '../..'), { recursive: true, force: true });
}
