import { hashPassword } from '../../src/server/api/password.js';
import type { DashboardConfig } from '../../src/config/config.js';
import type { World } from './world.js';

export const PASSWORDS = { viewer: 'look but touch not', operator: 'turn every wheel' };

/** A world whose dashboard asks for passwords. */
export async function withPasswords(here: World, more: Partial<DashboardConfig> = {}): Promise<World> {
  const [viewerHash, operatorHash] = await Promise.all([
    hashPassword(PASSWORDS.viewer),
    hashPassword(PASSWORDS.operator),
  ]);
  return withDashboard(here, { viewerHash, operatorHash, ...more });
}

/** The same world with another dashboard. */
export function withDashboard(here: World, dashboard: Partial<DashboardConfig>, host = '127.0.0.1'): World {
  const serve = { ...here.config.serve, host, dashboard: { ...here.config.serve.dashboard, ...dashboard } };
  Object.assign(here, { config: { ...here.config, serve } });
  return here;
}

interface Asked {
  method?: 'GET' | 'POST';
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answered {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { error?: string };
}

/** A browser as far as the API sees it: it keeps its cookie and sends its token back. */
export class Client {
  readonly url: string;
  cookie = '';
  csrf = '';

  constructor(url: string) {
    this.url = url;
  }

  async ask(path: string, { method = 'GET', body, headers = {} }: Asked = {}): Promise<Answered> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.cookie === '' ? {} : { cookie: this.cookie }),
        ...(method === 'POST' ? { 'x-csrf-token': this.csrf, 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const text = await answer.text();
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0] ?? '';
    const said = JSON.parse(text) as Answered['body'];
    if (typeof said['csrf'] === 'string') this.csrf = said['csrf'];
    return { status: answer.status, headers: answer.headers, body: said };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    return this.ask(path, { method: 'POST', body, headers });
  }

  login(role: keyof typeof PASSWORDS, password = PASSWORDS[role]): Promise<Answered> {
    return this.post('/login', { role, password });
  }
}

/** Events of `GET /live` as they come. */
export async function listen(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const answer = await fetch(`${url}/api/v1/live`, { headers, signal: stop.signal });
  let text = '';
  let ended = false;
  const heard: { at: string; sales: string[]; runs: boolean }[] = [];
  const read = async () => {
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data !== undefined) heard.push(JSON.parse(data) as (typeof heard)[number]);
      }
    }
  };
  const over = () => (ended = true);
  void read().then(over, over);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    heard,
    isEnded: () => ended,
    [Symbol.dispose]: () => stop.abort(),
  };
}
