/** What a base URL may look like, for the configuration and the client alike. */

/** What is wrong with a base URL, or null. Plain http is for loopback, and for hosts named as insecure. */
export function baseUrlProblem(text: string, insecureHosts: readonly string[] = []): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'expected an address that begins with https://, such as https://vivenu.com/api';
  if (url.username !== '' || url.password !== '') return 'must hold no user and password';
  if (/[?#]/.test(text)) return 'must hold no ? and #';
  const loopback = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || loopback || isInsecure(url, insecureHosts)) return null;
  return `http would send the key unencrypted to ${url.host}: use https, or add ${url.host} to HTTP_INSECURE_HOSTS`;
}

/** Whether the user turned verification off for this host; a name without a port means all its ports. */
export function isInsecure(url: URL, insecureHosts: readonly string[]): boolean {
  return insecureHosts.includes(url.hostname) || insecureHosts.includes(url.host);
}

/** Scheme, host and port of a base URL; the text itself when it is none. */
export function originOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).origin : baseUrl;
}
