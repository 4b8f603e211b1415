/** The columns of the tickets that a profile may fill under a fixed type, and those that are the engine's. */
import type { ColumnRule } from './profile.js';

const WORDS = ['text', 'first-word'] as const;

/** Columns that every region's tickets have, and the readers that each may be filled by; the first is meant when none is named. */
export const STANDARD_COLUMNS: Readonly<Record<string, readonly ColumnRule['reader'][]>> = {
  gender: WORDS,
  birthday: ['date'],
  nationality: WORDS,
  region_of_residence: WORDS,
  is_gym_affiliate: WORDS,
  gym_affiliate: WORDS,
  gym_affiliate_location: WORDS,
  is_returning_athlete: ['yes-no'],
  is_returning_athlete_to_city: ['yes-no'],
};

/** PostgreSQL type of what a reader gives. */
export const TYPE_OF: Readonly<Record<ColumnRule['reader'], ColumnRule['type']>> = {
  text: 'text',
  'first-word': 'text',
  'yes-no': 'boolean',
  date: 'date',
  number: 'numeric',
};

const names = (text: string) => text.split(/\s+/);

const DERIVED = names('category division event_day team_size team_role is_under_shop addons age');
const BOOKKEEPING = names('raw content_hash first_seen_at requested_at synced_at deleted_at run_id');
/** What vivenu itself says of a ticket; a test holds this list against the stream. */
const FROM_VIVENU = names(
  `id event_id root_event_id seller_id transaction_id checkout_id checkout_item_id cart_item_id customer_id
   pos_id sales_channel_id under_shop_id origin_ticket_id ticket_type_id ticket_name category_ref
   category_name price_category_id package_id slot_id slot_start_time status type origin delivery_type
   fulfillment_type_id currency regular_price real_price completed personalized expired claimed
   ready_for_delivery barcode batch batch_counter seat seat_section seat_group seat_row seat_name seat_gate
   company name firstname lastname email street line2 postal city state country created_at updated_at
   expires_at`,
);
/** PostgreSQL gives every table columns of these names. */
const SYSTEM = names('tableoid xmin cmin xmax cmax ctid');

/** Names of columns that no profile may fill. */
export const RESERVED: ReadonlySet<string> = new Set([...DERIVED, ...BOOKKEEPING, ...FROM_VIVENU, ...SYSTEM]);

/** What is wrong with the name of a column that a profile adds, or null. */
export function columnNameProblem(name: string): string | null {
  if (!/^[a-z_][a-z0-9_]*$/.test(name) || name.length > 63 || name === '__proto__') {
    return 'not a name of a column; write small letters, digits and _, not beginning with a digit, at most 63';
  }
  return RESERVED.has(name) ? 'a column that every ticket has already; choose another name' : null;
}

/** A column read whole from no field yet, under the reader that its name asks for. */
export function emptyRule(column: string): ColumnRule {
  const reader = (Object.hasOwn(STANDARD_COLUMNS, column) ? STANDARD_COLUMNS[column]?.[0] : null) ?? 'text';
  const none = { fields: [], by: [], cases: [], values: [], drop: [], shortest: 0, plain: false };
  return { type: TYPE_OF[reader], reader, ...none };
}
