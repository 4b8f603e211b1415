import type { Config } from '../config/config.js';
import { FatalError, RetryableError } from '../errors.js';
import type { VivenuHTTPClient } from '../source/client.js';
import { openClient } from './account.js';
import { checkEvents, checkTickets } from './check-events.js';
import { findingsOf, partsOf, statusOf, type Finding } from './finding.js';
import type { Region } from './region.js';
import { seenEvents, type SeenEvents } from './seen-events.js';

const SECOND = 1000;
/** For all that is asked of one key. */
const LIMIT_MS = 30 * SECOND;
const API = '/api';

/** Whether a key is accepted, and what it sees of the regions that share it: about three requests and one a region. */
export async function checkKey(config: Config, regions: readonly Region[]): Promise<Finding[]> {
  const [first] = regions;
  if (!first) return [];
  await using client = quickClient(config, first);
  const wanted = regions.flatMap((region) => region.config.eventIds ?? []);
  let seen: SeenEvents;
  try {
    seen = await seenEvents(client, wanted);
  } catch (error) {
    return await refused(config, regions, error);
  }
  const findings: Finding[] = [];
  for (const region of regions) {
    const says = `accepted by ${first.config.baseUrl}; sees ${seen.total} event${seen.total === 1 ? '' : 's'}${shared(region, regions)}`;
    findings.push(findingsOf(region)('ok', 'key', says));
    findings.push(...checkEvents(region, seen));
    findings.push(...(await checkTickets(client, region, seen)));
  }
  return [...findings, ...(await checkCoupons(client, regions))];
}

/** A client that gives up within seconds. */
function quickClient(config: Config, region: Region, baseUrl = region.config.baseUrl): VivenuHTTPClient {
  const { timeoutMs, connectTimeoutMs, retries } = config.http;
  const http = {
    ...config.http,
    timeoutMs: Math.min(timeoutMs, 10 * SECOND),
    connectTimeoutMs: Math.min(connectTimeoutMs, 5 * SECOND),
    retries: Math.min(retries, 1),
    maxWaitMs: Math.min(config.http.maxWaitMs, 5 * SECOND),
  };
  const there = { ...region, config: { ...region.config, baseUrl } };
  const signal = AbortSignal.timeout(LIMIT_MS);
  return openClient({ ...config, http }, there, { signal, observe: () => undefined });
}

function shared(region: Region, regions: readonly Region[]): string {
  const others = regions.filter((other) => other !== region).map(({ name }) => name);
  return others.length > 0 ? `; shared with ${others.join(', ')}` : '';
}

async function refused(config: Config, regions: readonly Region[], error: unknown): Promise<Finding[]> {
  const right = await otherAddress(config, regions, error);
  return regions.map((region) => {
    const finding = findingsOf(region);
    const { baseUrl } = region.config;
    const name = `EVENT_CONFIGS__${region.name}__base_url`;
    if (right !== null)
      return finding(
        'fail',
        'key',
        `${baseUrl} is not where vivenu's API answers; ${right.says}`,
        `set ${name} (or EVENT_API_BASE_URL) to ${right.baseUrl}`,
      );
    const { says, mend } = partsOf(error, region);
    if (statusOf(error) === 429)
      return finding('warn', 'key', says, 'vivenu limits this key now; a run waits for it (HTTP_MAX_WAIT)');
    if (statusOf(error) === 401)
      return finding(
        'fail',
        'key',
        `refused by ${baseUrl}: ${says}`,
        `check EVENT_CONFIGS__${region.name}__token: it has to be a valid key of ${new URL(baseUrl).origin}`,
      );
    if (error instanceof RetryableError)
      return finding('fail', 'key', `${baseUrl}: ${says}`, `check ${name} and the network, then try again`);
    return finding('fail', 'key', says, mend);
  });
}

/** Vivenu's API below `/api`, where the configured address answers with nothing of it. */
async function otherAddress(
  config: Config,
  [region]: readonly Region[],
  error: unknown,
): Promise<{ baseUrl: string; says: string } | null> {
  const status = statusOf(error) ?? 0;
  const elsewhere = status === 404 || (status >= 200 && status < 400);
  if (!region || !elsewhere || region.config.baseUrl.endsWith(API)) return null;
  const baseUrl = `${region.config.baseUrl}${API}`;
  try {
    await using client = quickClient(config, region, baseUrl);
    await client.getEvents({ limit: 1 });
    return { baseUrl, says: `${baseUrl} answers, and accepts the key` };
  } catch (cause) {
    const refusal = cause instanceof FatalError && [401, 403].includes(statusOf(cause) ?? 0);
    return refusal ? { baseUrl, says: `${baseUrl} answers, but refuses the key (${statusOf(cause)})` } : null;
  }
}

/** A key may lack the right to coupons: a run fails for them, everything else goes on. */
async function checkCoupons(client: VivenuHTTPClient, regions: readonly Region[]): Promise<Finding[]> {
  try {
    const coupons = await client.getCoupons({ limit: 1 });
    const series = await client.getCouponSeries({ limit: 1 });
    const many = series.total === null ? 'series readable' : `${series.total.toLocaleString('en')} series`;
    const says = `${(coupons.total ?? 0).toLocaleString('en')} coupons, ${many}`;
    return regions.map((region) => findingsOf(region)('ok', 'coupons', says));
  } catch (error) {
    return regions.map((region) => {
      const { says, mend } = partsOf(error, region);
      const lacks = [401, 403].includes(statusOf(error) ?? 0);
      const way =
        'give the key the right in vivenu, or leave them out: vivenu-ingest run --only events,tickets';
      return findingsOf(region)('fail', 'coupons', says, lacks ? way : (mend ?? 'try again'));
    });
  }
}
