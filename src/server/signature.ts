import { createHmac, timingSafeEqual } from 'node:crypto';

/** The signature of a body as vivenu makes it: HMAC-SHA256 in hexadecimal, the key taken as it is written. */
export const signatureOf = (body: Buffer, key: string): string =>
  createHmac('sha256', key).update(body).digest('hex');

/** Whether a body was signed with this key; takes as long for every wrong signature. */
export function isSigned(body: Buffer, signature: unknown, key: string): boolean {
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/i.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, 'hex'), createHmac('sha256', key).update(body).digest());
}
