/** Somebody who looks at the page. */
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { inject } from 'vitest';

/** A page of its own, and what went wrong in it. */
export interface Viewer extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console and of scripts. */
  readonly errors: readonly string[];
  /** Requests to other hosts. */
  readonly strangers: readonly string[];
}

let browser: Promise<Browser> | undefined;

/** Opens an address of the page for a viewer of English at 1280 × 800 in light, unless told otherwise. */
export async function view(url: string, options: BrowserContextOptions = {}): Promise<Viewer> {
  browser ??= chromium.connect(inject('browserEndpoint'));
  const context = await (
    await browser
  ).newContext({
    ...{ locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 800 } },
    ...{ colorScheme: 'light', acceptDownloads: true },
    ...options,
  });
  const page = await context.newPage();
  const [errors, strangers]: [string[], string[]] = [[], []];
  const { host } = new URL(url);
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('request', (request) => {
    const at = new URL(request.url());
    if (at.host !== host && at.protocol.startsWith('http')) strangers.push(request.url());
  });
  await page.goto(url);
  return { page, context, errors, strangers, [Symbol.asyncDispose]: async () => await context.close() };
}
