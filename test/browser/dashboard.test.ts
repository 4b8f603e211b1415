import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashPassword } from '../../src/server/api/password.js';
import { PASSWORDS } from '../integration/dashboard-world.js';
import { envelope, post } from '../integration/server-world.js';
import { openScene, type Scene } from './scene.js';
import { view } from './viewer.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PATIENCE = 10_000;

const PAGES = [
  { name: 'overview', path: '/', shows: 'Needs attention' },
  { name: 'event', path: '/event/hong-kong/hk', shows: 'Places left by division and day' },
  { name: 'quality', path: '/quality', shows: 'vivenu ticket id' },
  { name: 'runs', path: '/runs', shows: 'Set aside (2)' },
  { name: 'rows', path: '/rows/sales-summary?region=hong-kong', shows: 'Sales summary' },
] as const;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 120_000);
afterAll(async () => await scene[Symbol.asyncDispose]());

const shown = async (page: Page, words: string) =>
  await page.getByText(words).first().waitFor({ timeout: PATIENCE });

/** What axe objects to, a line each. */
async function objections(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`,
    );
  });
}

describe.each(PAGES)('the page $name', ({ path, shows }) => {
  it('is shown without an error and asks no other host', async () => {
    await using viewer = await view(scene.url + path);
    await shown(viewer.page, shows);
    expect(viewer.errors).toEqual([]);
    expect(viewer.strangers).toEqual([]);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'can be read by everybody, %s and %i wide, and does not run over sideways',
    async (colorScheme, width) => {
      await using viewer = await view(scene.url + path, {
        ...{ colorScheme, viewport: { width, height: 844 }, bypassCSP: true, reducedMotion: 'reduce' },
      });
      await shown(viewer.page, shows);
      expect(await objections(viewer.page)).toEqual([]);
      const over = await viewer.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(over).toBeLessThanOrEqual(0);
    },
  );
});

describe('the overview', () => {
  it('says which regions not to believe, and puts them above the others', async () => {
    await using viewer = await view(scene.url);
    await shown(viewer.page, 'Do not trust 2 of 5 regions yet');
    const first = viewer.page.locator('table.overview tbody').first();
    expect(await first.textContent()).toMatch(/Lisbon.*not read/s);
  });

  it('moves within 5 s of a sale, without being loaded again', async () => {
    await using viewer = await view(scene.url);
    const row = viewer.page.locator('tbody', { hasText: 'Race Hong Kong' });
    await row.waitFor();
    const soldIn = async () =>
      Number(/([\d,]+) of 1,000/.exec((await row.textContent()) ?? '')?.[1]?.replace(',', ''));
    const before = await soldIn();
    const token = 'key_of_hong-kong';
    const ids = scene.here.simulator.sell(token, 30);
    for (const id of ids) {
      const answer = await fetch(`${scene.here.simulator.url}/tickets/${id}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const ticket = (await answer.json()) as object;
      expect(await post(scene.url, envelope('ticket.created', { ticket }), { region: 'hong-kong' })).toBe(
        200,
      );
    }
    await expect.poll(soldIn, { timeout: 5000, interval: 50 }).toBeGreaterThan(before);
    expect(viewer.errors).toEqual([]);
  });

  it('a page whose server is away says so, keeps its figures, and has those of now when it is back', async () => {
    await using viewer = await view(`${scene.url}/event/hong-kong/hk`);
    const { page } = viewer;
    const sold = page.locator('dl.figures dd').first();
    await sold.waitFor();
    const before = await sold.textContent();
    await scene.without(async () => {
      await shown(page, 'not live since');
      scene.here.simulator.sell('key_of_hong-kong', 7);
      await scene.here.run();
      expect(await sold.textContent()).toBe(before);
    });
    await expect.poll(() => sold.textContent()).not.toBe(before);
    expect(await page.getByText('not live since').count()).toBe(0);
  }, 60_000);

  it('leads by keys alone to an event and back', async () => {
    await using viewer = await view(scene.url);
    const { page } = viewer;
    await shown(page, 'Race Hong Kong');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Skip to the figures');
    await page.getByRole('link', { name: 'Race Hong Kong' }).focus();
    await page.keyboard.press('Enter');
    await shown(page, 'Sales over time');
    expect(new URL(page.url()).pathname).toBe('/event/hong-kong/hk');
    await page.goBack();
    await shown(page, 'Needs attention');
  });
});

describe('the curve', () => {
  const open = async (path: string) => {
    const viewer = await view(scene.url + path);
    const chart = viewer.page.locator('.chart');
    await chart.locator('canvas').waitFor({ timeout: PATIENCE });
    return { viewer, chart };
  };
  const says = async (chart: ReturnType<Page['locator']>) => (await chart.getAttribute('aria-label')) ?? '';

  it('shows the hours of the last days', async () => {
    await using viewer = await view(`${scene.url}/event/hong-kong/hk`);
    const { page } = viewer;
    await page.getByRole('button', { name: 'Per hour, last 7 days' }).click();
    const chart = page.getByRole('img', { name: /^Sales from/ });
    await vi.waitFor(
      async () =>
        expect(await chart.getAttribute('aria-label')).toMatch(/^Sales from .* \d\d:00 to .* \d\d:00\./),
      PATIENCE,
    );
    // What was sold before this test may still be on its way.
    await vi.waitFor(async () => {
      const hours = await scene.here.sql<{ sold: number }>(
        `select headline_sold as sold from "hong-kong".v_sales_hourly where event_id = 'hk' order by local_hour desc limit 1`,
      );
      const said = await page.locator('[aria-live=polite]').innerText();
      expect(said).toMatch(new RegExp(`\\d\\d:00, Race Hong Kong: ${hours[0]!.sold}$`));
    }, PATIENCE);
    expect(viewer.errors).toEqual([]);
  });

  it('zooms by dragging and by keys, and shows all again', async () => {
    const { viewer: opened, chart } = await open('/event/hong-kong/hk');
    await using viewer = opened;
    const all = await says(chart);
    const box = (await chart.boundingBox())!;
    await viewer.page.mouse.move(box.x + box.width * 0.5, box.y + 120);
    await viewer.page.mouse.down();
    await viewer.page.mouse.move(box.x + box.width * 0.7, box.y + 120, { steps: 5 });
    await viewer.page.mouse.up();
    await expect.poll(() => says(chart)).not.toBe(all);
    const dragged = await says(chart);
    await chart.focus();
    await viewer.page.keyboard.press('ArrowLeft');
    await expect.poll(() => says(chart)).not.toBe(dragged);
    await viewer.page.keyboard.press('Home');
    await expect.poll(() => says(chart)).toBe(all);
    expect(viewer.errors).toEqual([]);
  });

  it('compares with another event by days to the start', async () => {
    const { viewer: opened } = await open('/event/hong-kong/hk');
    await using viewer = opened;
    await viewer.page.getByLabel('Compare with').selectOption({
      label: (await viewer.page.getByLabel('Compare with').locator('option').allTextContents()).find((one) =>
        one.startsWith('Race Berlin,'),
      )!,
    });
    await shown(viewer.page, 'before the start, Race Hong Kong');
    expect(viewer.page.url()).toContain('compare=berlin%2Fb1');
  });

  it('is a table where it cannot be drawn', async () => {
    await using viewer = await view(scene.url);
    await viewer.page.route('**/assets/uPlot*', (route) => route.abort());
    await viewer.page.goto(`${scene.url}/event/hong-kong/hk`);
    await shown(viewer.page, 'The curve cannot be drawn here');
    expect(
      await viewer.page.getByRole('region', { name: 'Sales over time, a table' }).locator('tbody tr').count(),
    ).toBe(30);
  });
});

it('a file holds the rows that the page shows', async () => {
  await using viewer = await view(`${scene.url}/rows/sales-summary?region=berlin`);
  await shown(viewer.page, 'Sales summary');
  const rows = await viewer.page.locator('tbody tr').count();
  const [download] = await Promise.all([
    viewer.page.waitForEvent('download'),
    viewer.page.getByRole('link', { name: 'csv' }).click(),
  ]);
  const csv = await text(await download.createReadStream());
  expect(csv.trimEnd().split('\r\n')).toHaveLength(rows + 1);
  expect(download.suggestedFilename()).toMatch(/^sales-summary-berlin-.*\.csv$/);
});

it('numbers are in the viewer’s language, and times in the event’s zone', async () => {
  await using viewer = await view(`${scene.url}/event/hong-kong/hk`, {
    locale: 'de-DE',
    timezoneId: 'America/New_York',
  });
  await shown(viewer.page, 'Sold of 1.000');
  await shown(viewer.page, 'Mittlere Greenwich-Zeit');
  await viewer.page.goto(`${scene.url}/rows/sales-summary?region=hong-kong`);
  await expect
    .poll(() => viewer.page.getByRole('time').first().textContent())
    .toMatch(/ 20\d\d, \d\d:\d\d (WEZ|GMT)$/);
});

it('the theme that was chosen is kept', async () => {
  await using viewer = await view(scene.url);
  await viewer.page.getByRole('button', { name: 'Theme: auto' }).click();
  await viewer.page.getByRole('button', { name: 'Theme: light' }).click();
  await viewer.page.reload();
  await shown(viewer.page, 'Needs attention');
  expect(await viewer.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe(
    'rgb(15, 18, 22)',
  );
});

describe('with passwords', () => {
  let locked: Scene;
  beforeAll(async () => {
    const [viewerHash, operatorHash] = await Promise.all([
      hashPassword(PASSWORDS.viewer),
      hashPassword(PASSWORDS.operator),
    ]);
    locked = await openScene({
      SERVE_VIEWER_PASSWORD_HASH: viewerHash,
      SERVE_OPERATOR_PASSWORD_HASH: operatorHash,
    });
  }, 120_000);
  afterAll(async () => await locked[Symbol.asyncDispose]());

  const logIn = async (page: Page, password: string) => {
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  };

  it('a viewer logs in, sees the figures and no order; an operator has them', async () => {
    await using viewer = await view(`${locked.url}/runs`);
    const { page } = viewer;
    await logIn(page, 'a guess');
    await expect.poll(() => page.getByRole('alert').textContent()).not.toBe('');
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Set aside (2)');
    expect(await page.getByRole('button', { name: /Retry|Run now/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Log out (viewer)' }).click();
    await page.getByLabel('Role').selectOption('operator');
    await logIn(page, PASSWORDS.operator);
    await shown(page, 'Needs attention');
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('button', { name: 'Retry all 2' }).click();
    await shown(page, 'still set aside');
  }, 180_000);

  it('who is asked to log in again goes on where they were, however many answers refused them', async () => {
    await using viewer = await view(`${locked.url}/runs`);
    const { page, context } = viewer;
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Set aside (2)');
    const refused = Promise.all(
      ['/api/v1/runs', '/api/v1/rejects'].map((path) =>
        page.waitForResponse((answer) => answer.url().endsWith(path) && answer.status() === 401),
      ),
    );
    await context.clearCookies();
    await locked.here.run();
    await refused;
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Set aside (2)');
    expect(new URL(page.url()).pathname).toBe('/runs');
  }, 60_000);

  it('what is being asked at a logout is broken off, and hinders no login', async () => {
    await using viewer = await view(locked.url);
    const { page } = viewer;
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Needs attention');
    await page.route('**/api/v1/runs', () => {});
    const asked = page.waitForRequest('**/api/v1/runs');
    await page.getByRole('link', { name: 'Runs' }).click();
    const brokenOff = page.waitForEvent('requestfailed', { timeout: PATIENCE });
    await asked;
    await page.getByRole('button', { name: 'Log out (viewer)' }).click();
    expect((await brokenOff).url()).toBe(`${new URL(locked.url).origin}/api/v1/runs`);
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Needs attention');
  }, 60_000);

  it('a login page that is left open asks nothing', async () => {
    await using viewer = await view(locked.url);
    const { page } = viewer;
    await logIn(page, PASSWORDS.viewer);
    await shown(page, 'Needs attention');
    await page.getByRole('button', { name: 'Log out (viewer)' }).click();
    await page.getByLabel('Role').waitFor();
    await page.waitForLoadState('networkidle');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.waitForTimeout(7000);
    expect(asked).toEqual([]);
  }, 60_000);
});
