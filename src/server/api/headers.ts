import type { FastifyInstance } from 'fastify';

const POLICY = [
  `default-src 'none'`,
  ...['script', 'style', 'img', 'font', 'connect', 'manifest'].map((kind) => `${kind}-src 'self'`),
  `base-uri 'none'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types 'none'`,
].join('; ');

/** What a browser is told with each answer: nothing from elsewhere, nothing to elsewhere, and in no frame. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

const A_YEAR_S = 31_536_000;

/** Adds them to every answer of this part of the server. */
export function addHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    if (request.protocol === 'https') void reply.header('strict-transport-security', `max-age=${A_YEAR_S}`);
  });
}
