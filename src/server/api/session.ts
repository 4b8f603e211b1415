import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { VERSION } from '../../version.js';
import { cookieName, type AccessParts } from './access.js';
import { Refused } from './errors.js';
import { LoginLimit } from './login-limit.js';
import { isPassword } from './password.js';
import type { ApiParts } from './parts.js';
import { login, session } from './schemas/access.js';
import { csrfOf, LASTS_S } from './sessions.js';
import type { Session } from './types.js';

/** `GET /session`, `POST /login`, `POST /logout`. */
export function routeSession(app: FastifyInstance, parts: ApiParts & AccessParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const answer = { config: { role: 'anyone' }, schema: { response: { 200: session } } } as const;
  api.get('/session', answer, (request) => sessionOf(parts, request.who));
  if (parts.door !== 'login') return;
  const limit = new LoginLimit();
  const { viewerHash, operatorHash } = parts.config.serve.dashboard;
  const hashes = { viewer: viewerHash, operator: operatorHash };
  api.post('/login', { ...answer, schema: { ...answer.schema, body: login } }, async (request, reply) => {
    const { role, password } = request.body;
    const tell = (outcome: 'in' | 'wrong' | 'too often') =>
      parts.observe({ type: 'dashboard.login', role, outcome, address: request.ip });
    const waitS = limit.waitS(request.ip);
    if (waitS > 0) {
      tell('too often');
      throw new Refused(429, 'too many wrong passwords: wait before the next', waitS);
    }
    const settle = limit.begin(request.ip);
    const isRight = await isPassword(password, hashes[role]);
    settle(isRight);
    tell(isRight ? 'in' : 'wrong');
    if (!isRight) throw new Refused(401, 'this is not the password');
    const before = request.who?.token;
    if (before != null) await parts.sessions.end(before);
    const begun = await parts.sessions.begin(role);
    setCookie(request, reply, begun.token, LASTS_S);
    return sessionOf(parts, { role, csrf: csrfOf(begun.token) });
  });
  api.post('/logout', { schema: answer.schema }, async (request, reply) => {
    const token = request.who?.token;
    if (token != null) await parts.sessions.end(token);
    setCookie(request, reply, '', 0);
    return sessionOf(parts, null);
  });
}

const sessionOf = (
  { door, config }: ApiParts & AccessParts,
  who: Pick<Session, 'role' | 'csrf'> | null,
): Session => ({
  login: door === 'open' ? 'none' : 'required',
  role: who?.role ?? null,
  csrf: who?.csrf ?? null,
  version: VERSION,
  ticket_url: config.serve.dashboard.ticketUrl,
});

function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, seconds: number): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  );
}
