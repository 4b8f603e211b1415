import type { TestProject } from 'vitest/node';
import { startChromium } from './chromium.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the browser of the test run listens. */
    browserEndpoint: string;
  }
}

/** One browser for the whole test run; each test has a context of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chromium = await startChromium();
  project.provide('browserEndpoint', chromium.endpoint);
  return async () => await chromium[Symbol.asyncDispose]();
}
