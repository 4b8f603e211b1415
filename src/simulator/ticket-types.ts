/** What an event sells: divisions × days, some of which a team buys together. */

interface Division {
  readonly name: string;
  /** Price in cents. */
  readonly cents: number;
  /** Share of the orders, in percent. */
  readonly weight: number;
  /** Tickets in one order: the first of this division, the others of its companion, the next in the list. */
  readonly team: number;
}

const division = (name: string, cents: number, weight: number, team = 1): Division => ({
  name,
  cents,
  weight,
  team,
});

const DIVISIONS: readonly Division[] = [
  division('MEN', 8990, 18),
  division('WOMEN', 8990, 15),
  division('PRO MEN', 9995, 7),
  division('PRO WOMEN', 9995, 5),
  division('DOUBLES MEN', 13980, 10, 2),
  division('DOUBLES MEN | ATHLETE 2', 0, 0),
  division('DOUBLES WOMEN', 13980, 9, 2),
  division('DOUBLES WOMEN | ATHLETE 2', 0, 0),
  division('DOUBLES MIXED', 13980, 11, 2),
  division('DOUBLES MIXED | ATHLETE 2', 0, 0),
  division('RELAY MIXED', 23960, 4, 4),
  division('RELAY MIXED | TEAM MEMBER', 0, 0),
  division('SPECTATOR', 1550, 19),
  division('FRIEND OF THE RACE', 0, 2),
];
const DAYS: readonly string[] = ['FRIDAY', 'SATURDAY', 'SUNDAY'];

export interface TicketType {
  readonly name: string;
  readonly category: string;
  readonly cents: number;
  /** 0 for Friday to 2 for Sunday. */
  readonly day: number;
  /** Share of an event's tickets, 0 to 1. */
  readonly share: number;
}

const ALL = DIVISIONS.reduce((sum, { weight, team }) => sum + weight * team, 0);
/** Tickets of a division among all; those of a companion follow from the one that it goes with. */
const shares = DIVISIONS.map(({ weight }, i) => {
  const lead = DIVISIONS[i - 1];
  const tickets = lead !== undefined && lead.team > 1 ? lead.weight * (lead.team - 1) : weight;
  return tickets / ALL / DAYS.length;
});

/** Every ticket type of an event, by number: day × 14 + division. */
export const TICKET_TYPES: readonly TicketType[] = DAYS.flatMap((dayName, day) =>
  DIVISIONS.map(({ name, cents }, i) => ({
    name: `RACE ${name} | ${dayName}`,
    day,
    share: shares[i] ?? 0,
    category: name.startsWith('SPECTATOR') || name.startsWith('FRIEND') ? 'Spectators' : 'Athletes',
    cents,
  })),
);

/** Number of the division by percent, as often as its weight says. */
const BY_PERCENT = DIVISIONS.flatMap(({ weight }, i) => Array.from({ length: weight }, () => i));
/** Types that are bought together, by that of the first. */
const TEAMS = TICKET_TYPES.map((_, first) => {
  const team = DIVISIONS[first % DIVISIONS.length]?.team ?? 1;
  return Array.from({ length: team }, (__, place) => (place === 0 ? first : first + 1));
});
const NONE: readonly number[] = [];

/** Ticket types of one order, from a number of 32 random bits. */
export function orderedTypes(bits: number): readonly number[] {
  const first = ((bits >>> 8) % DAYS.length) * DIVISIONS.length + (BY_PERCENT[bits % 100] ?? 0);
  return TEAMS[first] ?? NONE;
}

/** Partners sell for one day each, the divisions of one or two athletes. */
const SHOP_DIVISIONS = 10;

/** Types that an under shop sells, by its number. */
export const shopTypes = (shop: number): number[] =>
  Array.from({ length: SHOP_DIVISIONS }, (_, i) => (shop % DAYS.length) * DIVISIONS.length + i);

/** How many of an event's shops sell for a day. */
export const shopsOf = (shops: number, day: number) =>
  Math.floor((shops - day + DAYS.length - 1) / DAYS.length);

/** Number of the shop that sold a ticket, by random bits; undefined where none sells its type. */
export function shopOf(type: number, shops: number, bits: number): number | undefined {
  const day = Math.floor(type / DIVISIONS.length);
  const count = shopsOf(shops, day);
  if (count <= 0 || type % DIVISIONS.length >= SHOP_DIVISIONS) return undefined;
  return day + DAYS.length * (bits % count);
}

export const isSpectator = (type: number) => type % DIVISIONS.length === 12;
