import { describe, expect, it } from 'vitest';
import { getConfig } from '../../src/config/config.js';
import { dashboardWarnings, doorOf, isLoopback } from '../../src/config/dashboard.js';
import { LoginLimit } from '../../src/server/api/login-limit.js';
import { hashPassword, isPassword } from '../../src/server/api/password.js';

const read = (env: Record<string, string>) =>
  getConfig({
    env: { EVENT_CONFIGS__a__token: 'key_test', EVENT_CONFIGS__a__event_id: 'race', ...env },
    envFile: null,
  }).serve;

describe('the door of the dashboard', () => {
  it.each([
    ['127.0.0.1', {}, 'open'],
    ['::1', {}, 'open'],
    ['0.0.0.0', {}, 'closed'],
    ['10.0.0.5', {}, 'closed'],
    ['127.0.0.1', { SERVE_TRUST_PROXY: 'loopback' }, 'closed'],
  ])('at %s with %o is %s', (host, env, door) => {
    const serve = read({ SERVE_HOST: host, ...env });
    expect(doorOf(serve)).toBe(door);
    expect(dashboardWarnings(serve)).toHaveLength(door === 'closed' ? 1 : 0);
  });

  it('asks for a password wherever one is set, and warns where it would travel without https', async () => {
    const hash = await hashPassword('turn every wheel');
    expect(doorOf(read({ SERVE_VIEWER_PASSWORD_HASH: hash }))).toBe('login');
    const beyond = read({ SERVE_HOST: '0.0.0.0', SERVE_OPERATOR_PASSWORD_HASH: hash });
    expect(doorOf(beyond)).toBe('login');
    expect(dashboardWarnings(beyond).join()).toContain('without https');
  });

  it.each(['127.0.0.1.evil.example', 'evil.example', 'localhost.evil.example', '', '10.0.0.1', '::2'])(
    'takes %j for no name of this machine',
    (name) => expect(isLoopback(name)).toBe(false),
  );

  it('refuses what is no hash, no proxy and no link, and shows no hash', () => {
    const wrong = {
      SERVE_VIEWER_PASSWORD_HASH: 'turn every wheel',
      SERVE_TRUST_PROXY: '1',
      SERVE_TICKET_URL: 'http://vivenu.example/{ticket_id}',
    };
    expect(() => read(wrong)).toThrow(/SERVE_VIEWER_PASSWORD_HASH: expected a line of/);
    expect(() => read(wrong)).toThrow(/SERVE_TRUST_PROXY="1": expected addresses/);
    expect(() => read(wrong)).toThrow(/SERVE_TICKET_URL=/);
    expect(() => read(wrong)).not.toThrow(/turn every wheel/);
  });
});

describe('a password', () => {
  it('is known by its hash, which is another one each time and has no sign of a shell', async () => {
    const [one, other] = [await hashPassword('Größe für alle'), await hashPassword('Größe für alle')];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[\w:-]+$/);
    expect(await isPassword('Größe für alle'.normalize('NFD'), one)).toBe(true);
    expect(await isPassword('Grösse für alle', one)).toBe(false);
    expect(await isPassword('', null)).toBe(false);
  });
});

describe('guessing', () => {
  it('waits twice as long after each wrong one, of its address alone, and is forgiven by a right one', () => {
    let now = 0;
    const limit = new LoginLimit(() => now);
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      limit.begin('203.0.113.7')(false);
      waits.push(limit.waitS('203.0.113.7'));
    }
    expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16]);
    expect(limit.waitS('203.0.113.8')).toBe(0);
    now += 16_000;
    expect(limit.waitS('203.0.113.7')).toBe(0);
    limit.begin('203.0.113.7')(true);
    limit.begin('203.0.113.7')(false);
    expect(limit.waitS('203.0.113.7')).toBe(0);
  });

  it('from ever new addresses waits as well, a little; one network of the sixth version is one address', () => {
    const limit = new LoginLimit(() => 0);
    for (let n = 0; n < 5; n++) limit.begin(`2001:db8:1:2::${n}`)(false);
    expect(limit.waitS('2001:db8:1:2::ffff')).toBeGreaterThan(0);
    expect(limit.waitS('2001:db8:1:3::1')).toBe(0);
    for (let n = 0; n < 200; n++) limit.begin(`203.0.113.${n}`)(false);
    expect(limit.waitS('198.51.100.1')).toBe(30);
  });
});
