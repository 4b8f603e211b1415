/** How the Python system reads vivenu's JSON, faults and all: `reference.md` sections 1.7 to 1.9. */

export type Json = Record<string, unknown>;

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Category by what the name holds anywhere; whatever it does not know is single. */
export function categoryOf(name: string): string {
  const lower = name.toLowerCase();
  if (/friend|sportograf|transfer|complimentary/.test(lower)) return 'extra';
  for (const [word, category] of [
    ['double', 'double'],
    ['relay', 'relay'],
    ['spectator', 'spectator'],
  ] as const)
    if (lower.includes(word)) return category;
  return 'single';
}

/** The day that the name holds; whatever holds none is Saturday. */
export const dayOf = (name: string): string =>
  ['sunday', 'saturday', 'friday', 'thursday'].find((day) => name.toLowerCase().includes(day)) ?? 'saturday';

/** Only these shops were kept. */
export const shopCategoryOf = (name: string): string | null =>
  /PARTNERSHIP[-_ ]*ACCESS/i.test(name) && !/DEPRECATED/i.test(name) ? 'partneraccess' : null;

const firstWord = (value: unknown) => textOf(value)?.trim().split(/\s+/)[0]?.toLowerCase() ?? '';
const GENDERS: Record<string, string> = {
  male: 'Male',
  men: 'Male',
  female: 'Female',
  woman: 'Female',
  women: 'Female',
};
const FLAGS: Record<string, boolean> = { yes: true, no: false };

/** Letters of English and digits alone. */
function gymOf(text: string | null): string | null {
  const plain = (text ?? '')
    .replace(/[^A-Za-z0-9 ]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length <= 1 || ['na', 'none', 'no', 'nil', 'other'].includes(plain.toLowerCase())
    ? null
    : plain;
}

function clubOf(extra: Json): { gym: string | null; place: string | null } {
  const membership = textOf(extra['hyrox_training_clubs']) ?? '';
  if (membership.includes("I'm a member of another"))
    return {
      gym: gymOf(textOf(extra['hyrox_training_club_other_territory_name'])),
      place: textOf(extra['region_training']),
    };
  if (membership.includes("I'm a member"))
    return {
      gym: gymOf(textOf(extra['local_territory_training_club'])),
      place: textOf(extra['local_territory_training']),
    };
  if (membership.includes("I'm not a member"))
    return { gym: gymOf(textOf(extra['gym_club_community'])), place: null };
  return { gym: null, place: null };
}

/** Full years today, of a text YYYY-MM-DD. */
function ageOf(birthday: string | null, today: Date): number | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(birthday ?? '') ?? [];
  if (year === undefined) return null;
  const had = (today.getUTCMonth() + 1) * 100 + today.getUTCDate() >= Number(month) * 100 + Number(day);
  return today.getUTCFullYear() - Number(year) - (had ? 0 : 1);
}

/** A row of `tickets`; null for a ticket that was skipped. */
export function ticketRow(ticket: Json, schema: string, today: Date): Json | null {
  const name = textOf(ticket['ticketName']);
  if (name === null || !['VALID', 'DETAILSREQUIRED'].includes(String(ticket['status']))) return null;
  const extra = (ticket['extraFields'] ?? {}) as Json;
  const { gym, place } = clubOf(extra);
  const onItsOwn = ['extra', 'spectator'].includes(categoryOf(name));
  const shop = onItsOwn ? null : textOf(ticket['underShopId']);
  const addon = listOf(ticket['addOns']).find((one) => (textOf(one['name']) ?? '').trim() !== '');
  return {
    id: ticket['_id'],
    region_schema: schema,
    transaction_id: ticket['transactionId'] ?? null,
    ticket_type_id: ticket['ticketTypeId'],
    currency: ticket['currency'],
    status: ticket['status'],
    personalized: ticket['personalized'] ?? false,
    expired: ticket['expired'] ?? false,
    event_id: ticket['eventId'],
    ticket_name: name,
    category_name: ticket['categoryName'],
    barcode: ticket['barcode'],
    created_at: ticket['createdAt'],
    updated_at: ticket['updatedAt'],
    city: ticket['city'] ?? null,
    country: ticket['country'] ?? null,
    customer_id: ticket['customerId'] ?? null,
    gender: GENDERS[firstWord(extra['gender'])] ?? null,
    birthday: textOf(extra['birth_date']),
    age: ageOf(textOf(extra['birth_date']), today),
    nationality: textOf(extra['nationality']),
    region_of_residence: textOf(extra['region_of_residence']),
    is_gym_affiliate: textOf(extra['hyrox_training_clubs']),
    gym_affiliate: gym,
    gym_affiliate_location: place,
    is_returning_athlete: FLAGS[firstWord(extra['returning_athlete'])] ?? null,
    is_returning_athlete_to_city: FLAGS[firstWord(extra['returning_athlete_city'])] ?? null,
    is_under_shop: shop !== null,
    under_shop_id: shop,
    addons: addon === undefined ? null : textOf(addon['name']),
  };
}

const SINGLES = [
  'U24',
  '25-29',
  '30-34',
  '35-39',
  '40-44',
  '45-49',
  '50-54',
  '55-59',
  '60-64',
  '65-69',
  '70+',
];

/** Age range of a single athlete; age 0 and none are incomplete. */
export function rangeOf(age: number | null): string {
  if (age === null || age === 0) return 'Incomplete';
  return SINGLES[Math.max(0, Math.min(10, Math.floor(age / 5) - 4))] ?? 'Incomplete';
}
