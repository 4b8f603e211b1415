/** What a request is for, told to whoever hears of it, through every layer in between. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One question to vivenu, however many tries it takes. */
export interface Purpose {
  /** Names the question within its process. */
  readonly request: string;
  readonly stream: string;
  readonly regions: readonly string[];
}

const purposes = new AsyncLocalStorage<Purpose>();
let asked = 0;

/** Runs `work`, and all that it waits for, as one request with a name of its own. */
export async function asRequest<T>(purpose: Omit<Purpose, 'request'>, work: () => Promise<T>): Promise<T> {
  asked += 1;
  return await purposes.run({ ...purpose, request: `q${asked}` }, work);
}

/** What the request under way is for; nothing outside of one. */
export function currentPurpose(): Partial<Purpose> {
  return purposes.getStore() ?? {};
}
