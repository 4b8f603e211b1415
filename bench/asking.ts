/** Asks as a browser does, and says how long it took and what came. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

/** One answer. */
export interface Heard {
  readonly status: number;
  readonly ms: number;
  readonly body: Buffer;
  /** Bytes as they came. */
  readonly compressed: number;
}

/** Asks once, on a connection that stays open. */
export async function ask(url: string): Promise<Heard> {
  const began = performance.now();
  const request = get(url, { headers: { 'accept-encoding': 'gzip, br' } });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const came = await buffer(answer);
  const ms = performance.now() - began;
  const { 'content-encoding': encoding } = answer.headers;
  const body = encoding === 'br' ? brotliDecompressSync(came) : encoding === 'gzip' ? gunzipSync(came) : came;
  return { status: answer.statusCode ?? 0, ms, body, compressed: came.length };
}

/** Asks one time after the other. */
export async function askOften(url: string, times: number): Promise<Heard[]> {
  const all: Heard[] = [];
  for (let n = 0; n < times; n++) all.push(await ask(url));
  return all;
}

/** The middle one of several numbers; of an even number of them the greater of the two. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
