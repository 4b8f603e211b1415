import { request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { Client, listen, PASSWORDS, withDashboard, withPasswords } from './dashboard-world.js';
import { post, serving } from './server-world.js';
import { world } from './world.js';

/** A GET with a Host that `fetch` would not send. */
function ask(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

describe('without a password, the dashboard', () => {
  it('takes whoever is on this machine for an operator, and nobody whom a proxy or a foreign name brings', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    const client = new Client(server.url);
    expect((await client.ask('/session')).body).toMatchObject({ login: 'none', role: 'operator' });
    for (const path of ['/api/v1/session', '/api/v1/runs', '/', '/api/v1/live']) {
      expect(await ask(server.url, path, { host: 'evil.example' }), path).toBe(403);
      expect(await ask(server.url, path, { 'x-forwarded-for': '10.0.0.1' }), path).toBe(403);
      expect(await ask(server.url, path, { forwarded: 'for=10.0.0.1' }), path).toBe(403);
    }
    expect(await ask(server.url, '/api/v1/session', { host: 'localhost:8080' })).toBe(200);
    const { body } = await client.ask('/session', { headers: { via: '1.1 proxy' } });
    expect(body.error).toContain('vivenu-ingest password');
  });

  it('takes no order from a page of another site, and none without the token', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    const client = new Client(server.url);
    await client.ask('/session');
    const order = { region: null, ids: [] };
    expect((await client.post('/rejects/retry', order)).status).toBe(200);
    expect((await client.post('/rejects/retry', order, { origin: server.url })).status).toBe(200);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'x-csrf-token': 'x' },
      { 'x-csrf-token': '' },
    ])
      expect((await client.post('/rejects/retry', order, headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await client.ask('/session', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  });

  it('is off beyond this machine, and deliveries are taken all the same', async () => {
    await using here = withDashboard(await world({ tickets: 5 }), {}, '0.0.0.0');
    await using server = await serving(here);
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    const { status, body } = await new Client(url).ask('/session');
    expect([status, body.error]).toEqual([404, expect.stringContaining('SERVE_OPERATOR_PASSWORD_HASH')]);
    expect(await post(url, '{}', { region: 'rome' })).toBe(404);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('is off on this machine when a proxy is named, which would open it to the world', async () => {
    await using here = withDashboard(await world({ tickets: 5 }), { trustProxy: ['loopback'] });
    await using server = await serving(here);
    expect((await new Client(server.url).ask('/session')).status).toBe(404);
  });
});

describe('with passwords, the dashboard', () => {
  it('lets in who knows one, as what they are, until they log out', async () => {
    await using here = await withPasswords(await world({ tickets: 5 }));
    await here.complete();
    await using server = await serving(here);
    const client = new Client(server.url);
    expect((await client.ask('/session')).body).toMatchObject({ login: 'required', role: null, csrf: null });
    expect((await client.ask('/runs')).status).toBe(401);
    expect((await client.login('viewer', 'a wrong one')).status).toBe(401);
    const { headers, body } = await client.login('viewer');
    expect(body).toMatchObject({ role: 'viewer' });
    expect(headers.get('set-cookie')).toMatch(
      /^vivenu-ingest=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/,
    );
    expect((await client.ask('/runs')).status).toBe(200);
    expect((await client.post('/rejects/retry', { region: null, ids: [] })).status).toBe(403);
    expect((await client.post('/runs', { regions: null, full: false })).status).toBe(403);
    using live = await listen(server.url, { cookie: client.cookie });
    const { cookie } = client;
    expect((await client.post('/logout', {}, { 'x-csrf-token': 'x' })).status).toBe(403);
    expect((await client.post('/logout', {})).body).toMatchObject({ role: null });
    await vi.waitFor(() => expect(live.isEnded()).toBe(true));
    expect((await client.ask('/runs', { headers: { cookie } })).status).toBe(401);
    expect((await client.login('operator')).body).toMatchObject({ role: 'operator' });
    expect((await client.post('/rejects/retry', { region: null, ids: [] })).status).toBe(200);
    const stored = JSON.stringify(await here.sql('select * from vivenu_ingest.sessions'));
    expect(stored).not.toContain(client.cookie.split('=')[1]);
    expect(JSON.stringify(server.events)).not.toMatch(new RegExp(`${PASSWORDS.operator}|${client.cookie}`));
  });

  it('ends a session that was idle or lasted too long, and those of a password that is changed; a restart ends none', async () => {
    await using here = await withPasswords(await world({ tickets: 5 }));
    const first = await serving(here);
    const [one, other] = [new Client(first.url), new Client(first.url)];
    await one.login('viewer');
    await other.login('operator');
    await first[Symbol.asyncDispose]();
    const second = await serving(here);
    const at = (client: Client) =>
      fetch(`${second.url}/api/v1/rejects`, { headers: { cookie: client.cookie } });
    expect([(await at(one)).status, (await at(other)).status]).toEqual([200, 200]);
    await here.sql(
      `update vivenu_ingest.sessions set seen_at = now() - interval '13 hours' where role = 'viewer'`,
    );
    await here.sql(`update vivenu_ingest.sessions set ends_at = now() where role = 'operator'`);
    expect([(await at(one)).status, (await at(other)).status]).toEqual([401, 401]);
    const again = new Client(second.url);
    await again.login('operator');
    expect((await again.ask('/rejects')).status).toBe(200);
    await second[Symbol.asyncDispose]();
    await withPasswords(here);
    await using third = await serving(here);
    const { status } = await fetch(`${third.url}/api/v1/rejects`, { headers: { cookie: again.cookie } });
    expect(status).toBe(401);
  });

  it('makes whoever guesses wait, also at many guesses at once', async () => {
    await using here = await withPasswords(await world({ tickets: 5 }));
    await using server = await serving(here);
    const client = new Client(server.url);
    const [last, ...guesses] = await Promise.all([
      ...Array.from({ length: 12 }, (_, n) => client.login('operator', `guess ${n}`)),
      // The right one among them is refused as well: nobody learns that it is.
      client.login('operator'),
    ]).then((all) => all.toReversed());
    const refused = guesses.filter(({ status }) => status === 429);
    expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5);
    expect(refused.length).toBeGreaterThanOrEqual(7);
    expect([last?.status, last?.body['retry_after_s']]).toEqual([429, expect.any(Number)]);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('believes a proxy that is named, and marks the cookie as secure then', async () => {
    await using here = await withPasswords(await world({ tickets: 5 }), { trustProxy: ['127.0.0.1'] });
    await using server = await serving(here);
    const client = new Client(server.url);
    const https = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' };
    const { headers } = await client.post('/login', { role: 'viewer', password: PASSWORDS.viewer }, https);
    expect(headers.get('set-cookie')).toMatch(/^__Host-vivenu-ingest=.*; Secure$/);
    expect(headers.get('strict-transport-security')).not.toBeNull();
    expect((await client.ask('/rejects', { headers: https })).status).toBe(200);
    expect((await client.ask('/rejects')).status).toBe(401);
    expect(server.events).toContainEqual(
      expect.objectContaining({ type: 'dashboard.login', outcome: 'in', address: '203.0.113.7' }),
    );
  });
});

describe('every answer of the dashboard', () => {
  it('has the headers that keep a browser from anything else', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    for (const path of [
      '/',
      '/event/auckland/race',
      '/api/v1/session',
      '/api/v1/nothing',
      '/api/v1/rejects?x=1',
    ]) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect(headers.get('content-security-policy'), path).toContain(`default-src 'none'`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      if (path.startsWith('/api')) expect(headers.get('cache-control')).toBe('no-store');
    }
    const client = new Client(server.url);
    const wrong = await client.ask('/rejects?regoin=x');
    expect([wrong.status, wrong.body.error]).toEqual([400, expect.stringContaining('did you mean region?')]);
    const { body } = await client.ask('/openapi.json');
    expect(body['openapi']).toBe('3.1.0');
    expect(Object.keys(body['paths'] as object)).toContain('/api/v1/runs/{run_id}');
    await client.ask('/session');
    expect((await client.post('/runs', { regions: ['x'.repeat(70_000)], full: false })).status).toBe(413);
    expect((await client.post('/runs', { regions: 3 })).status).toBe(400);
  });
});
