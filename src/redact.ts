/** Takes secrets out of texts before they reach a log or an error; `redact-value.ts` does so for values of any shape. */

export const HIDDEN = '[hidden]';

const SECRET_NAME =
  /^(.*(token|passw(or)?d|passphrase|secret|barcode|credential|signature)s?|.*(api|hmac|webhook|secret|private|access|signing|encryption)key|(proxy)?authorization|(set)?cookies?\d?|sessionid|jwt|pwd|(database|reportwebhook|metricspush)url|connectionstring)$/;
/** A name that tells a secret has its sign at its end, however it is written. */
const NAME_LENGTH = 64;

/** Whether what stands under this name is never shown: `Authorization`, `passwordResetToken`, `hmac_key`, `x-api-key` and their like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(
    name
      .slice(-NAME_LENGTH)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, ''),
  );
}

/** Shorter ones are words that every text holds. */
const SHORTEST = 6;
/** The longest first: one may begin with another. */
let known: readonly string[] = [];

/** Values that no text shows from now on, wherever they come from: the keys and passwords of the configuration. */
export function hideSecrets(secrets: readonly (string | null)[]): void {
  const long = secrets.filter((secret) => secret !== null).filter((secret) => secret.length >= SHORTEST);
  const written = long.flatMap((secret) => [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
  ]);
  known = [...new Set([...known, ...written])].sort((a, b) => b.length - a.length);
}

// Every repetition is bounded or consumes what it has matched, so that no text takes more than linear time.
const SECRET_WORDS =
  '(?:token|password|passwd|passphrase|secret|barcode|signature|credential|api[-_ ]?key|hmac[-_]?key|webhook[-_]?key|private[-_]?key|access[-_]?key|session[-_]?id)s?';
const RULES: readonly (readonly [pattern: RegExp, by: string])[] = [
  // The rest of the line: a scheme and its value, or several cookies.
  [
    /((?:authorization|cookie)\d?(?:\\*["'])?\s{0,9}[:=]\s{0,9})(\\*["'])(?:[^"'\\]|\\.)*\\*["']/gi,
    `$1$2${HIDDEN}$2`,
  ],
  [/((?:authorization|cookie)\d?\s{0,9}[:=]\s{0,9})(?![\\"'])[^\r\n"']+/gi, `$1${HIDDEN}`],
  [/\b(bearer)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/\b(basic)\s+(?=[a-z+/]{0,99}[A-Z\d=])[\w+/=-]{4,}/g, `$1 ${HIDDEN}`],
  [/\b(Basic|BASIC)\s+[\w+/=-]{4,}/g, `$1 ${HIDDEN}`],
  [/\bkey_[0-9a-z]{8,}/gi, HIDDEN],
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, HIDDEN],
  // As JSON, also inside of JSON; as `name=value`; as `name: value` where the value is no plain word.
  [
    new RegExp(
      `(${SECRET_WORDS}\\\\*["']\\s{0,9}[:=]\\s{0,9})(\\\\*)(["'])(?:(?!\\3|\\\\).|\\\\.)*?\\2\\3`,
      'gis',
    ),
    `$1$2$3${HIDDEN}$2$3`,
  ],
  [
    new RegExp(`(${SECRET_WORDS}\\\\*["']?\\s{0,9}=\\s{0,9})(?!\\[hidden)[^\\s&;,"'\\]})]+`, 'gi'),
    `$1${HIDDEN}`,
  ],
  [
    new RegExp(
      `(${SECRET_WORDS}\\\\*["']?\\s{0,9}:\\s{0,9})(?!\\[hidden)(?![a-z]+(?:[\\s.,;:)!?]|$))[^\\s&;,"'\\]})]+`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
  // Rows that PostgreSQL quotes.
  [/\b(Key \([^)]{0,500}\)=\().*?(\)(?= (?:already|is|conflicts)\b)|$)/gm, `$1${HIDDEN}$2`],
  [/\b(Failing row contains \().*/s, `$1${HIDDEN})`],
  [/\b((?:invalid input|invalid value|out of range|malformed)[^"\r\n]{0,200}: )".*"/gis, `$1"${HIDDEN}"`],
];

/** The text without the secrets of the configuration, bearer tokens, keys, cookies, passwords in addresses and queries, and rows in errors of PostgreSQL. */
export function redactText(text: string): string {
  let clean = text;
  for (const secret of known) if (clean.includes(secret)) clean = clean.replaceAll(secret, HIDDEN);
  clean = clean.replace(/\b([a-z][\w+.-]{0,30}:\/\/)(\S+)/gi, withoutUser);
  for (const [pattern, by] of RULES) clean = clean.replace(pattern, by);
  return clean;
}

/** An address without user and password; a password may hold what should have been escaped. */
function withoutUser(address: string, scheme: string, rest: string): string {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const at = authority.lastIndexOf('@');
  if (at >= 0) return `${scheme}${HIDDEN}${rest.slice(at)}`;
  const isHost = /^(\[[\da-f:.]*\]|[^:]*)(:\d*)?[.,;:)"']*$/i.test(authority);
  const last = rest.lastIndexOf('@');
  return isHost || last < 0 ? address : `${scheme}${HIDDEN}${rest.slice(last)}`;
}
