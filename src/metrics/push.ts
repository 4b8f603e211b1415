/** The figures of a run sent to a Pushgateway. */
import { RetryableError } from '../errors.js';

const TIMEOUT_MS = 5000;
const GROUP = '/metrics/job/vivenu-ingest';

/** Sends the figures; an address without a path of its own gets the group of this programme. Throws a RetryableError that names the host. */
export async function pushMetrics(address: string, text: string, contentType: string): Promise<void> {
  const url = new URL(address);
  const { username, password, host } = url;
  // fetch refuses an address with a user in it.
  [url.username, url.password] = ['', ''];
  if (!url.pathname.includes('/metrics/')) url.pathname = url.pathname.replace(/\/*$/, GROUP);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    'content-type': contentType,
    ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
  };
  let status: number;
  try {
    // POST leaves what this run could not tell as the last one told it.
    const init = { method: 'POST', headers, body: text, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await fetch(url, { ...init, redirect: 'error' });
    await answer.body?.cancel();
    ({ status } = answer);
  } catch (cause) {
    throw new RetryableError(`${host}: ${reasonOf(cause)}`, { cause });
  }
  if (status < 200 || status > 299) throw new RetryableError(`${host}: ${status}`, { status });
}

/** fetch says "fetch failed" and hides why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return cause.message || ('code' in cause ? String(cause.code) : cause.name);
  return error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} s` : error.message;
}
