import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import { isLoopback, type Door } from '../../config/dashboard.js';
import { Refused } from './errors.js';
import { csrfOf, isSame, type Role, type Sessions } from './sessions.js';

/** What stands at the door of the dashboard. */
export interface AccessParts {
  readonly door: Door;
  readonly sessions: Sessions;
}

/** Who asks. */
interface Who {
  readonly role: Role | null;
  /** Null where nobody logs in, or has. */
  readonly token: string | null;
  readonly csrf: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    who: Who | null;
  }
}

const NOBODY: Who = { role: null, token: null, csrf: null };
/** Where nobody logs in, every page of this process has this one. */
const OPEN: Who = { role: 'operator', token: null, csrf: randomBytes(32).toString('base64url') };

/** Who asks, as far as the API let them in. */
export const roleOf = (request: FastifyRequest): Role | null => request.who?.role ?? null;

/** Name of the cookie: by https one that no other site of the domain can set. */
export const cookieName = ({ protocol }: Pick<FastifyRequest, 'protocol'>): string =>
  protocol === 'https' ? '__Host-vivenu-ingest' : 'vivenu-ingest';

/** Lets nobody ask what their role may not: a route's `config.role`, viewer where it names none. */
export function guard(app: FastifyInstance, { door, sessions }: AccessParts): void {
  app.decorateRequest('who', null);
  app.addHook('onRequest', async (request) => {
    letIn(door, request);
    refuseOtherSites(request);
    request.who = door === 'open' ? OPEN : await whoHas(sessions, request);
    const { role, csrf } = request.who;
    const wanted = request.routeOptions.config.role ?? 'viewer';
    if (wanted !== 'anyone' && role === null) throw new Refused(401, 'log in first');
    if (wanted === 'operator' && role !== 'operator') throw new Refused(403, 'only an operator may do this');
    if (isSafe(request) || wanted === 'anyone') return;
    const given = request.headers['x-csrf-token'];
    if (csrf === null || typeof given !== 'string' || !isSame(given, csrf))
      throw new Refused(403, 'x-csrf-token is missing or old: ask /api/v1/session for the one of now');
  });
}

/** The files of the page are for everybody who may knock at all; what they show they ask the API for. */
export function guardPage(app: FastifyInstance, { door }: Pick<AccessParts, 'door'>): void {
  app.addHook('onRequest', (request, _reply, done) => {
    letIn(door, request);
    done();
  });
}

async function whoHas(sessions: Sessions, request: FastifyRequest): Promise<Who> {
  const token = cookieOf(request);
  const session = token === null ? null : await sessions.find(token);
  return session === null ? NOBODY : { ...session, csrf: csrfOf(session.token) };
}

const isSafe = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

const TOKEN = /^[\w-]{43}$/;

function cookieOf(request: FastifyRequest): string | null {
  const name = `${cookieName(request)}=`;
  const given = request.headers.cookie?.split(';').map((one) => one.trim()) ?? [];
  const value = given.find((one) => one.startsWith(name))?.slice(name.length) ?? '';
  return TOKEN.test(value) ? value : null;
}

const CLOSED =
  'the dashboard is off: others can reach it and no password is set; see SERVE_VIEWER_PASSWORD_HASH and SERVE_OPERATOR_PASSWORD_HASH';
const FORWARDED =
  'a proxy has sent this on, and without a password the dashboard is for this machine alone: make one with `vivenu-ingest password`';
const REBOUND =
  'without a password the dashboard is reached as localhost or 127.0.0.1 alone; make a password with `vivenu-ingest password`';

/** Headers that only what stands between adds. */
const BETWEEN = /^(forwarded|via|x-real-ip|x-forwarded-.*|cf-connecting-ip|true-client-ip)$/;

function letIn(door: Door, { headers }: FastifyRequest): void {
  if (door === 'closed') throw new Refused(404, CLOSED);
  if (door === 'login') return;
  if (Object.keys(headers).some((name) => BETWEEN.test(name))) throw new Refused(403, FORWARDED);
  // A foreign name that was made to lead here brings its own pages along.
  const name = hostOf(`http://${headers.host ?? ''}`)?.replace(/:\d+$/, '') ?? '';
  if (!isLoopback(name)) throw new Refused(403, REBOUND);
}

/** Browsers say where a request comes from; what is no browser says nothing, and is held to the token alone. */
function refuseOtherSites(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const foreign = site === 'cross-site' || site === 'same-site' || (!isSafe(request) && site === 'none');
  const isOwn = origin === undefined || hostOf(origin) === request.host.toLowerCase();
  if (foreign || !isOwn) throw new Refused(403, 'asked from a page of another site');
}

const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).host : null);
