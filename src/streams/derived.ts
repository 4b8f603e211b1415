/** Columns that the profile of a region works out. */
import { emptyRule } from '../profile/reserved.js';
import {
  classifier,
  columnReader,
  shopCategory,
  STANDARD_COLUMNS,
  type Profile,
} from '../profile/profile.js';
import { derived, personal, type Cell, type Column } from './columns.js';

const member = (record: unknown, key: string): unknown =>
  typeof record === 'object' && record !== null && Object.hasOwn(record, key)
    ? (record as Record<string, unknown>)[key]
    : undefined;

const textOf = (value: unknown) => (typeof value === 'string' ? value : null);

/** What a ticket or a ticket type is, from the name under this key. */
export function classified(profile: Profile, key: string): Record<string, Column> {
  const classify = classifier(profile);
  const column = (type: Column['type'], read: (of: ReturnType<typeof classify>) => Cell) =>
    derived(type, [key, profile.names], (record) => read(classify(textOf(member(record, key)))));
  return {
    category: column('text', ({ category }) => category),
    division: column('text', ({ division }) => division),
    event_day: column('text', ({ day }) => day),
    team_size: column('integer', ({ teamSize }) => String(teamSize)),
    team_role: column('text', ({ teamRole }) => teamRole),
  };
}

/** Whether a partner's shop sold it to an athlete: tickets of spectators and extras do not count against a contingent. */
export function underShopColumn(profile: Profile): Record<string, Column> {
  const classify = classifier(profile);
  const read = (record: unknown) => {
    const shop = textOf(member(record, 'underShopId')) ?? '';
    const { category } = classify(textOf(member(record, 'ticketName')));
    return String(shop !== '' && !['extra', 'spectator'].includes(category));
  };
  return { is_under_shop: derived('boolean', profile.names, read) };
}

/**
 * The columns that every region's tickets have, so that the views are the same for all, empty where the profile says nothing of them, and
 * its own. They come from what people answered, so all of them are personal.
 */
export function profileColumns(profile: Profile): Record<string, Column> {
  const standard = Object.keys(STANDARD_COLUMNS).map((name) => [name, emptyRule(name)] as const);
  const rules = { ...Object.fromEntries(standard), ...profile.columns };
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      personal(derived(rule.type, rule, columnReader(rule))),
    ]),
  );
}

/** What kind of partner an under shop is for. */
export function shopColumns(profile: Profile): Record<string, Column> {
  const categoryOf = shopCategory(profile);
  return {
    shop_category: derived('text', profile.shops, (record) => categoryOf(textOf(member(record, 'name')))),
  };
}
