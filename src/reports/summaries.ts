import { addons, audience, underShops } from './summaries-buyers.js';
import { couponUsage, couponUsageHistory } from './summaries-coupons.js';
import { eventSales, salesHourly, summaryReport, ticketSummary } from './summaries-sales.js';
import { capacities, countries, groups, settings } from './summaries-settings.js';
import { ageGroups, problems, teamMembers } from './summaries-teams.js';
import type { History, Summary } from './summary.js';

export type { History, Summary, SummaryColumns } from './summary.js';

/** Every summary in the order of refreshing: a later one may read an earlier one. */
export const SUMMARIES: readonly Summary[] = [
  countries,
  groups,
  settings,
  capacities,
  ticketSummary,
  salesHourly,
  teamMembers,
  ageGroups,
  problems,
  eventSales,
  underShops,
  addons,
  audience,
  couponUsage,
];

/** Every history; each reads summaries that were refreshed before. */
export const HISTORIES: readonly History[] = [summaryReport, couponUsageHistory];
