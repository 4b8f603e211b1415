import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

/** Browsers open connections in advance; one on which nothing was asked yet does not count as idle, and would hold up the end. */
export function closeUnused(app: FastifyInstance): void {
  const unused = new Set<Socket>();
  let closing = false;
  app.server.on('connection', (socket) => {
    if (closing) socket.destroy();
    else unused.add(socket.once('close', () => unused.delete(socket)));
  });
  app.server.on('request', ({ socket }) => unused.delete(socket));
  app.addHook('preClose', (done) => {
    closing = true;
    unused.forEach((socket) => socket.destroy());
    done();
  });
}
