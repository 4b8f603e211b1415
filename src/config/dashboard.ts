/** Who may see the dashboard of `serve`. */
import { isIP } from 'node:net';

/** How the dashboard is reached and who may; a hash of null: nobody can log in by that role. */
export interface DashboardConfig {
  readonly viewerHash: string | null;
  readonly operatorHash: string | null;
  /** Addresses and networks of proxies that are believed about who asks; null: none. How many there are would not do: whoever goes past them counts as one. */
  readonly trustProxy: readonly string[] | null;
  /** Address of a ticket in vivenu's own dashboard, with `{ticket_id}`. */
  readonly ticketUrl: string | null;
}

/** Who is let in: whoever is on this machine, whoever logs in, or nobody. */
export type Door = 'open' | 'login' | 'closed';

type Reached = { readonly host: string; readonly dashboard: DashboardConfig };

/** What stands at the door: beyond this machine, or behind a proxy, nobody comes in without a password. */
export function doorOf({ host, dashboard: { viewerHash, operatorHash, trustProxy } }: Reached): Door {
  if (viewerHash !== null || operatorHash !== null) return 'login';
  return isLoopback(host) && trustProxy === null ? 'open' : 'closed';
}

/** Whether a host name or address is of this machine alone. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost');
}

/** What is worth saying of the dashboard when `serve` begins. */
export function dashboardWarnings(reached: Reached): string[] {
  const { host, dashboard } = reached;
  if (doorOf(reached) === 'closed')
    return [
      `the dashboard is off: ${isLoopback(host) ? 'SERVE_TRUST_PROXY' : `SERVE_HOST=${host}`} lets others reach it and no password is set; make one with \`vivenu-ingest password\``,
    ];
  if (!isLoopback(host) && dashboard.trustProxy === null)
    return [
      `SERVE_HOST=${host} answers without https: passwords and sessions of the dashboard can be read on the way; put a proxy with https before it and name it in SERVE_TRUST_PROXY`,
    ];
  return [];
}

const PART = '[A-Za-z0-9_-]';
/** As `vivenu-ingest password` writes it: method, log2 of its cost, block size, lanes, salt, key. */
export const PASSWORD_HASH = new RegExp(`^scrypt:(1[4-9]|20):(8|16):([1-4]):(${PART}{22}):(${PART}{43})$`);

/** Reads `SERVE_TRUST_PROXY`: addresses and networks divided by commas. */
export function readTrustProxy(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every(isNetwork) ? names : undefined;
}

const NAMED = ['loopback', 'linklocal', 'uniquelocal'];

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (NAMED.includes(text)) return true;
  const version = isIP(address);
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  return version !== 0 && isBits && rest.length === 0;
}
