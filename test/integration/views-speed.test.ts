import { afterAll, beforeAll, expect, it } from 'vitest';
import { VIEWS } from '../../src/reports/views.js';
import { reportsWorld, type ReportsWorld } from './reports-fixture.js';

const MOST_MS = 200;

let here: ReportsWorld;

beforeAll(async () => {
  here = await reportsWorld({ buyers: 35_000, ticketBytes: 1000, coupons: 20_000 });
  await here.refresh();
  await here.record();
}, 180_000);
afterAll(async () => await here[Symbol.asyncDispose]());

it('there are 50,000 tickets', async () => {
  const [found] = await here.query<{ tickets: number }>('select count(*) as tickets from tickets');
  expect(found!.tickets).toBeGreaterThan(50_000);
});

it.each(VIEWS)(`%s answers from 50,000 tickets in under ${MOST_MS} ms`, async (view) => {
  const took: number[] = [];
  for (let time = 0; time < 3; time++) {
    const [plan] = await here.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
      `explain (analyze, timing off, format json) select * from ${view}`,
    );
    took.push(plan!['QUERY PLAN'][0]['Execution Time']);
  }
  console.log(`${view}: ${Math.min(...took).toFixed(0)} ms`);
  expect(Math.min(...took)).toBeLessThan(MOST_MS);
});
