/** Whose deliveries a region takes. */
import type { RegionConfig } from './config.js';

type Webhook = Pick<RegionConfig, 'webhookKey' | 'webhookUnsigned'>;

/** Whether a region takes deliveries at all: those signed with its key, or any. */
export const takesDeliveries = ({ webhookKey, webhookUnsigned }: Webhook): boolean =>
  webhookKey !== null || webhookUnsigned;

/** Reads `webhook_unsigned` beside `webhook_key`; what is wrong goes to `problem`. */
export function unsigned(
  text: string | null,
  webhookKey: string | null,
  problem: (what: string) => void,
): boolean {
  const isUnsigned = /^(true|1|yes|on)$/i.test(text ?? 'false');
  if (!isUnsigned && !/^(false|0|no|off)$/i.test(text ?? 'false')) problem('expected true or false');
  if (isUnsigned && webhookKey !== null)
    problem('webhook_key is set as well, and unsigned deliveries are refused then: take one of the two away');
  return isUnsigned;
}

/** What is worth saying of the regions that take unsigned deliveries. */
export const unsignedWarnings = (regions: readonly (Webhook & Pick<RegionConfig, 'region'>)[]): string[] =>
  regions
    .filter(({ webhookUnsigned }) => webhookUnsigned)
    .map(
      ({ region }) =>
        `EVENT_CONFIGS__${region}__webhook_unsigned: whoever can send to \`serve\` can put made-up tickets into ${region}`,
    );
