import { bulkhead, isBulkheadRejectedError } from 'cockatiel';
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { PASSWORD_HASH } from '../../config/dashboard.js';
import { Refused } from './errors.js';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
/** 64 MB and about a fifth of a second each. */
const TODAY: Recipe = { logCost: 16, block: 8, lanes: 1, salt: '' };
const KEY_BYTES = 32;
/** At once, and waiting: more would take the memory and the threads of everything else. */
const atOnce = bulkhead(2, 16);

/** How a key is made of a password. */
interface Recipe {
  readonly logCost: number;
  readonly block: number;
  readonly lanes: number;
  readonly salt: string;
}

/** The line to set for a password: it says itself how it was made, and holds no sign that a shell or `.env` reads otherwise. */
export async function hashPassword(password: string): Promise<string> {
  const recipe = { ...TODAY, salt: randomBytes(16).toString('base64url') };
  const key = await keyOf(password, recipe);
  return ['scrypt', ...Object.values(recipe), key.toString('base64url')].join(':');
}

/** Whether it is the password of a hash; takes as long where there is none. Throws when too many are asked about at once. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [, cost, block, lanes, salt = '', key = ''] = PASSWORD_HASH.exec(hash ?? '') ?? [];
  const recipe =
    key === '' ? TODAY : { logCost: Number(cost), block: Number(block), lanes: Number(lanes), salt };
  const derived = await atOnce
    .execute(() => keyOf(password, recipe))
    .catch((error: unknown) => {
      throw isBulkheadRejectedError(error) ? new Refused(429, BUSY, 2) : error;
    });
  const right = Buffer.from(key, 'base64url');
  return right.length === KEY_BYTES && timingSafeEqual(derived, right);
}

const BUSY = 'too many log in at once: wait before the next';

function keyOf(password: string, { logCost, block, lanes, salt }: Recipe): Promise<Buffer> {
  const N = 2 ** logCost;
  const maxmem = N * block * 128 * 2 + 1024 * 1024;
  const options = { N, r: block, p: lanes, maxmem };
  return derive(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), KEY_BYTES, options);
}
