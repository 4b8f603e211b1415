import path from 'node:path';
import {
  Application,
  Logger,
  LogLevel,
  ReflectionKind,
  TSConfigReader,
  TypeDocReader,
  type ProjectReflection,
} from 'typedoc';
import { beforeAll, describe, expect, it } from 'vitest';

const HERE = path.resolve(import.meta.dirname, '../..');
const warnings: string[] = [];
let library: ProjectReflection;

class Warnings extends Logger {
  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) warnings.push(message);
  }
}

/** What `npm run docs:api` makes pages of, by the same settings. */
beforeAll(async () => {
  const readers = [new TypeDocReader(), new TSConfigReader()];
  const app = await Application.bootstrap(
    { options: path.join(HERE, 'typedoc.json'), tsconfig: path.join(HERE, 'tsconfig.build.json') },
    readers,
  );
  app.logger = new Warnings();
  library = (await app.convert())!;
  app.validate(library);
}, 180_000);

/** The parts that the architecture document names. */
const NAMED = [
  ...['getConfig', 'setupLogging', 'getLogger', 'PerformanceLogger', 'VivenuHTTPClient', 'DatabaseManager'],
  ...['TransactionManager', 'BatchProcessor', 'EventsTicketsIngester', 'CouponProcessor', 'CouponDataLoader'],
  'IngestOrchestrator',
];

describe('the reference of the library', () => {
  it('has a description of everything that is exported, and of every type that it speaks of', () => {
    expect(warnings).toEqual([]);
  });

  it('has the parts of the architecture document', () => {
    const kinds = [ReflectionKind.Class, ReflectionKind.Function];
    const named = kinds.flatMap((kind) => library.getChildrenByKind(kind).map(({ name }) => name));
    expect(named).toEqual(expect.arrayContaining(NAMED));
  });
});
