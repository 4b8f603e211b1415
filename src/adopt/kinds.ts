/** How a column of the Python system becomes ours: which types it may have, what it turns into, and how one looks again as it did. */

/** What an expression may depend on. */
export interface Turning {
  /** Quoted column. */
  readonly column: string;
  /** Its type as PostgreSQL names it. */
  readonly type: string;
  /** SQL literal of the zone in which the Python system's sessions wrote. */
  readonly zone: string;
}

/** SQL over the row as it was, except `after`, which is over the row as it has become. */
export interface Kind {
  readonly from: readonly string[];
  readonly to: string;
  readonly turned: (of: Turning) => string;
  /** Text that must be the same before and after. */
  readonly before: (of: Turning) => string;
  readonly after: (of: Turning) => string;
  /** What stands for the column in the JSON that vivenu would have sent. */
  readonly asSent: (of: Turning) => string;
  /** What the column gets instead of nothing, from now on. */
  readonly otherwise?: string;
  /** Whether a value cannot be read as what it should be. */
  readonly unreadable?: (of: Pick<Turning, 'column'>) => string;
}

const TEXTS = ['character varying', 'text', 'character'];
const JSONS = ['json', 'jsonb'];
const WHOLES = ['smallint', 'integer', 'bigint'];

const plainly = ({ column }: Turning) => column;
const asText = ({ column }: Turning) => `${column}::text`;

/** A kind whose values PostgreSQL casts without loss. */
const cast = (from: readonly string[], to: string): Kind => ({
  from,
  to,
  turned: ({ column }) => `${column}::${to}`,
  before: asText,
  after: asText,
  asSent: plainly,
});

const time = (zoneOf: (of: Turning) => string): Kind => {
  const turned = (of: Turning) =>
    of.type === 'timestamp with time zone' ? of.column : `${of.column} at time zone ${zoneOf(of)}`;
  return {
    from: ['timestamp without time zone', 'timestamp with time zone'],
    to: 'timestamp with time zone',
    turned,
    before: asText,
    // Back in the zone that it was written in: also finds times that do not exist there.
    after: (of) => `(${turned(of)})::text`,
    asSent: (of) => `adopt_iso(${turned(of)})`,
  };
};

const json: Kind = {
  from: [...JSONS, ...TEXTS],
  to: 'jsonb',
  turned: ({ column }) => `adopt_json(${column}::text)`,
  before: ({ column }) => `adopt_json(${column}::text)::text`,
  after: asText,
  asSent: ({ column }) => `adopt_json(${column}::text)`,
  unreadable: ({ column }) =>
    `jsonb_typeof(adopt_json(${column}::text)) = 'string' and ${column}::text !~ '^\\s*"'`,
};

/** The name of the first add-on, where vivenu sends a list of them; older versions kept that list. */
const addons: Kind = {
  from: [...TEXTS, ...JSONS],
  to: 'jsonb',
  turned: ({ column, type }) => (JSONS.includes(type) ? `${column}::jsonb` : `adopt_addons(${column}::text)`),
  before: ({ column, type }) => (JSONS.includes(type) ? `${column}::jsonb::text` : `${column}::text`),
  after: ({ column, type }) => (JSONS.includes(type) ? `${column}::text` : `${column} -> 0 ->> 'name'`),
  asSent: (of) => addons.turned(of),
};

const birthday: Kind = {
  from: [...TEXTS, 'date'],
  to: 'date',
  turned: ({ column }) => `adopt_date(${column}::text)`,
  before: asText,
  // What is no date has its text in the JSON alone.
  after: ({ column }) => `coalesce(raw #>> '{extraFields,birth_date}', ${column}::text)`,
  asSent: asText,
  unreadable: ({ column }) => `${column} is not null and adopt_date(${column}::text) is null`,
};

/** Every kind of column by its name in `adopt-tables.ts`. */
export const KINDS = {
  text: cast(TEXTS, 'text'),
  texts: cast(['character varying[]', 'text[]'], 'text[]'),
  whole: cast(WHOLES, 'integer'),
  large: cast(WHOLES, 'bigint'),
  flag: cast(['boolean'], 'boolean'),
  /** True or false, never unknown. */
  mark: {
    ...cast(['boolean'], 'boolean'),
    turned: ({ column }: Turning) => `coalesce(${column}, false)`,
    before: ({ column }: Turning) => `coalesce(${column}, false)::text`,
    otherwise: 'false',
  },
  /** A serial number that becomes a key of text. */
  number: cast([...WHOLES, ...TEXTS], 'text'),
  /** Of vivenu, or set by the server: written in the session's zone. */
  time: time(({ zone }) => zone),
  /** Set by Python itself, which takes UTC whatever the session's zone. */
  'own time': time(() => `'UTC'`),
  json,
  addons,
  birthday,
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
