import { useEffect, useState } from 'preact/hooks';

/** Where the page is: its path in parts, and what stands behind the `?`. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** An address of the page. */
export function href(path: string, query: Readonly<Record<string, string | null | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, value]]));
  const search = new URLSearchParams(given).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** Address of an event's page. */
export const eventAddress = ({ region, event_id: id }: { region: string; event_id: string }) =>
  `/event/${encodeURIComponent(region)}/${encodeURIComponent(id)}`;

/** The route of an address. */
export function routeOf(address: string): Route {
  const url = new URL(address, 'http://page');
  const path = url.pathname.split('/').filter(Boolean).map(decoded);
  return { path, query: url.searchParams };
}

/** What cannot be decoded is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Goes to an address of the page without loading it anew. */
export function go(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** The route of now; renders again when it changes. */
export function useRoute(): Route {
  const [address, setAddress] = useState(location.href);
  useEffect(() => {
    const changed = () => setAddress(location.href);
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  }, []);
  return routeOf(address);
}
