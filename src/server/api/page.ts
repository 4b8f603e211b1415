import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Refused } from './errors.js';
import { guardPage, type AccessParts } from './access.js';

/** Where the page is built to, seen from `src` and from `dist` alike. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/dashboard/', import.meta.url));
const ADDRESSES = ['/', '/event/:region/:event_id', '/quality', '/runs', '/rows/:report', '/login'];

/** Serves the built page: its files, whose names change with their content, and index.html at each of its addresses. */
export async function routePage(
  app: FastifyInstance,
  parts: AccessParts,
  folder = PAGE_FOLDER,
): Promise<void> {
  await app.register(async (page) => {
    guardPage(page, parts);
    if (!existsSync(folder)) {
      const unbuilt = () => Promise.reject(new Refused(404, 'the page is not built: npm run build'));
      for (const url of ADDRESSES) page.get(url, unbuilt);
      return;
    }
    await page.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });
    page.get<{ Params: { '*': string } }>('/assets/*', (request, reply) =>
      reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .sendFile(`assets/${request.params['*']}`),
    );
    for (const name of ['favicon.svg', 'favicon.ico', 'manifest.webmanifest', 'robots.txt'])
      page.get(`/${name}`, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile(name));
    for (const url of ADDRESSES)
      page.get(url, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile('index.html'));
  });
}
