import type { KindName } from './kinds.js';

/** A table as the Python system leaves it, and what has to be true of it for ours. */
export interface AncestorTable {
  readonly name: string;
  /** Our primary key. */
  readonly key: readonly string[];
  /** The stream that writes it from now on; null for a summary. */
  readonly stream: string | null;
  /** Columns that we convert; `!` marks those without which it is another table. Any other column stays as it is. */
  readonly columns: Readonly<Record<string, KindName | `${KindName}!`>>;
  /** Columns that the Python system names otherwise, or lacks: our name to type and SQL of the value over the old row. */
  readonly adds: Readonly<Record<string, readonly [type: string, value: string]>>;
  /** Rows that say the same are told apart by these; of them the one that was written last stays. Null: by the key. */
  readonly same: readonly string[] | null;
}

const table = (
  name: string,
  key: readonly string[],
  columns: AncestorTable['columns'],
  rest: Partial<Pick<AncestorTable, 'stream' | 'adds' | 'same'>> = {},
): AncestorTable => ({ name, key, columns, stream: null, adds: {}, same: null, ...rest });

/** The same kind for several columns. */
const all = <K extends KindName>(kind: K, names: string): Record<string, K> =>
  Object.fromEntries(names.split(' ').map((name) => [name, kind]));

const WRITTEN = all('own time', 'created_at updated_at');

/** SQL of the schema's only event, or of none; stands where the Python system kept no event. */
export const ONLY_EVENT = '{only event}';

/** Every table of the Python system that ours goes on with (`reference` sections 1.7 to 1.9 and its models), parents before children. */
export const ANCESTOR: readonly AncestorTable[] = [
  table(
    'events',
    ['id'],
    {
      id: 'text!',
      name: 'text!',
      ...all('text', 'seller_id location_name timezone'),
      ...all('time', 'start_date end_date sell_start sell_end'),
      ...all('json', 'cartAutomationRules groups tickets'),
      created_at: 'own time',
    },
    { stream: 'events' },
  ),
  table(
    'tickets',
    ['id'],
    {
      ...{ id: 'text!', event_id: 'text!', status: 'text!', ticket_name: 'text!', created_at: 'time!' },
      ...all('text', 'transaction_id ticket_type_id currency category_name barcode city country customer_id'),
      ...all('text', 'gender nationality region_of_residence under_shop_id'),
      ...all('text', 'is_gym_affiliate gym_affiliate gym_affiliate_location'),
      ...all('flag', 'personalized expired is_returning_athlete is_returning_athlete_to_city is_under_shop'),
      ...{ updated_at: 'time', birthday: 'birthday', age: 'whole', addons: 'addons' },
    },
    { stream: 'tickets' },
  ),
  table(
    'ticket_under_shops',
    ['event_id', 'shop_id'],
    {
      ...{ event_id: 'text!', shop_id: 'text!', active: 'flag' },
      ...all('text', 'shop_name shop_category'),
      ...WRITTEN,
    },
    { stream: 'under_shops' },
  ),
  table(
    'ticket_volumes',
    ['event_id', 'shop_id', 'id'],
    {
      ...{ id: 'number!', event_id: 'text!', shop_id: 'text!', ticket_type_id: 'text!', volume: 'large!' },
      ...{ ticket_shop_category: 'text', active: 'flag' },
      ...WRITTEN,
    },
    { stream: 'ticket_volumes', same: ['event_id', 'shop_id', 'ticket_type_id'] },
  ),
  table(
    'coupon_series',
    ['id'],
    { id: 'text!', name: 'text!', active: 'flag', ...WRITTEN },
    { stream: 'coupon_series' },
  ),
  table(
    'coupons',
    ['id'],
    {
      ...{ id: 'text!', code: 'text!', name: 'text', coupon_series_id: 'text', category: 'text' },
      ...{ active: 'flag', used: 'large', is_used: 'flag', is_tracked: 'mark' },
      ...WRITTEN,
    },
    { stream: 'coupons' },
  ),
  table('ticket_summary', ['id'], {
    ...{ id: 'text!', event_id: 'text!', total_count: 'whole!' },
    ...all('text', 'event_name ticket_type_id ticket_name ticket_category ticket_event_day'),
    ...WRITTEN,
  }),
  table('summary_report', ['id'], {
    ...{ id: 'large!', event_id: 'text!', ticket_group: 'text!', total_count: 'whole!', created_at: 'time!' },
    ...{ ticket_type_ids: 'texts', ticket_names: 'texts', updated_at: 'time' },
  }),
  table(
    'ticket_under_shop_summary',
    ['id'],
    {
      ...{ id: 'text!', event_id: 'text!', ticket_volume: 'whole' },
      ...all('text', 'event_name ticket_type_id ticket_name ticket_category ticket_event_day'),
      ...all('text', 'under_shop_id shop_id shop_name shop_category'),
      ...all('whole', 'ticket_count total_count'),
      ...WRITTEN,
    },
    { adds: { shop_id: ['text', '{under_shop_id}'], total_count: ['integer', '{ticket_count}'] } },
  ),
  table('ticket_addon_summary', ['id'], {
    ...{ id: 'text!', event_id: 'text!', addon_name: 'text!', total_count: 'whole!' },
    ...{ event_name: 'text', product_id: 'text' },
    ...WRITTEN,
  }),
  table(
    'ticket_age_groups',
    ['event_id', 'ticket_group', 'ticket_event_day', 'age_range'],
    {
      ...{ ticket_group: 'text!', ticket_event_day: 'text!', age_range: 'text!', count: 'whole!' },
      ticket_category: 'text',
      ...all('time', 'created_at updated_at'),
    },
    { adds: { event_id: ['text', ONLY_EVENT] } },
  ),
  table('ticket_capacity_configs', ['ticket_group', 'event_day'], {
    ...{ ticket_group: 'text!', event_day: 'text!', capacity: 'whole!', id: 'whole' },
    ...all('time', 'created_at updated_at'),
  }),
  table('event_capacity_configs', ['category'], {
    ...{ category: 'text!', value: 'text!' },
    ...all('time', 'created_at updated_at'),
  }),
  table('country_configs', ['code'], {
    ...{ code: 'text!', country: 'text!', region: 'text', sub_region: 'text' },
    ...all('time', 'created_at updated_at'),
  }),
  table(
    'coupon_usage_summary',
    ['id'],
    {
      id: 'text!',
      ...all('text', 'series_id coupon_series_id series_name'),
      ...all('whole', 'total_codes used_codes unused_codes tracked_codes tracked_used_codes'),
      ...all('whole', 'tracked_unused_codes total used unused tracked tracked_used tracked_unused'),
      ...WRITTEN,
    },
    {
      adds: {
        coupon_series_id: ['text', '{series_id}'],
        total: ['integer', '{total_codes}'],
        used: ['integer', '{used_codes}'],
        unused: ['integer', '{unused_codes}'],
        tracked: ['integer', '{tracked_codes}'],
        tracked_used: ['integer', '{tracked_used_codes}'],
        tracked_unused: ['integer', '{tracked_unused_codes}'],
      },
    },
  ),
];

/** Tables of the Python system that nothing of ours writes: they stay as they are. */
export const LEFT_ALONE: readonly string[] = ['tickets_gender_analysis', 'gender_update_tracking'];

/** Trigger functions of the Python system: they would refuse a price tier that it did not know, and say when we wrote. */
export const TRIGGER_FUNCTIONS: readonly string[] = [
  'update_timestamp',
  'validate_price_tier',
  'update_ticket_age_groups_updated_at',
];
