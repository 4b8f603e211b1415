/** Takes secrets out of values and texts before they reach a log or an error. */

const HIDDEN = '[hidden]';
const SECRET_NAME =
  /^(authorization|(set-)?cookie|.*token|.*password|secret|barcode|.*api_?key|hmac_?key|webhook_?key|(database_?|report_?webhook_?)url)$/i;

/** The text without bearer tokens, vivenu keys and passwords inside addresses. */
export function redactText(text: string): string {
  return text
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`)
    .replace(/\bkey_[0-9a-z]{8,}/gi, HIDDEN)
    .replace(/(\w:\/\/[^\s/:@]*:)[^\s@]+@/g, `$1${HIDDEN}@`);
}

/** A copy in which every value under a secret's name is hidden, at any depth, and every text is cleaned. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      SECRET_NAME.test(name) && part !== null && typeof part !== 'boolean' ? HIDDEN : redact(part),
    ]),
  );
}
