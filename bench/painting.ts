/** How long a person waits for a page in a real Chromium. */
import type { Browser } from 'playwright-core';

/** Milliseconds since the page was asked for, until … */
export interface Painted {
  /** … something is painted. */
  readonly first: number;
  /** … the figures are there. */
  readonly whole: number;
}

const FIRST = `new Promise((resolve) =>
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntriesByName('first-contentful-paint')) resolve(startTime);
  }).observe({ type: 'paint', buffered: true }))`;
const WHOLE = `new Promise((resolve) => {
  const look = () =>
    document.querySelector('main table') === null ? requestAnimationFrame(look) : resolve(performance.now());
  look();
})`;

/** Opens an address as for the first time: nothing of it is in the browser's cache. */
export async function paint(browser: Browser, url: string): Promise<Painted> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  // What a browser does for its first page is not this page's.
  await page.goto('about:blank');
  await page.goto(url, { waitUntil: 'commit' });
  const whole = await page.evaluate<number>(WHOLE);
  const first = await page.evaluate<number>(FIRST);
  await context.close();
  return { first, whole };
}
