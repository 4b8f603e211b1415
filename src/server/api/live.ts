import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { AccessParts } from './access.js';
import { Refused } from './errors.js';
import { HEADERS } from './headers.js';
import type { ApiParts } from './parts.js';
import type { Changed } from './types.js';

const MOST_STREAMS = 200;
const HEARTBEAT_MS = 15_000;

const HEAD = {
  ...HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would keep it back.
  'x-accel-buffering': 'no',
};

/** `GET /live`: tells of changes as they happen; ends with the session, and with the server. */
export function routeLive(app: FastifyInstance, { changes, sessions, stop }: ApiParts & AccessParts): void {
  const open = new Set<() => void>();
  const endAll = () => open.forEach((end) => end());
  app.addHook('preClose', (done) => {
    endAll();
    done();
  });
  stop.addEventListener('abort', endAll, { once: true });
  app.get('/live', { schema: { hide: true } }, (request, reply) => {
    if (open.size >= MOST_STREAMS) throw new Refused(503, 'too many pages are live; this one asks again', 60);
    const token = request.who?.token ?? null;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, HEAD);
    const stream = streamTo(raw);
    const isOver = async () => token !== null && (await sessions.find(token)) === null;
    const end = () => void raw.end();
    const heartbeat = setInterval(() => {
      stream.beat();
      // A database that is away ends no session.
      void isOver().then(
        (over) => (over ? end() : undefined),
        () => undefined,
      );
    }, HEARTBEAT_MS);
    const leave = [changes.on(stream.send), ...(token === null ? [] : [sessions.onEnd(token, end)])];
    open.add(end);
    raw.once('close', () => {
      clearInterval(heartbeat);
      leave.forEach((off) => off());
      open.delete(end);
    });
    stream.send({ at: new Date().toISOString(), sales: [], runs: true });
  });
}

/** Writes changes as they can be taken: a reader that is slow gets those that it missed as one. */
function streamTo(raw: ServerResponse): { send: (changed: Changed) => void; beat: () => void } {
  let held: Changed | null = null;
  const write = (changed: Changed) => {
    if (raw.writableNeedDrain) {
      held = held === null ? changed : together(held, changed);
      return;
    }
    raw.write(`event: changed\ndata: ${JSON.stringify(changed)}\n\n`);
  };
  raw.on('drain', () => {
    const changed = held;
    held = null;
    if (changed !== null) write(changed);
  });
  const beat = () => {
    if (!raw.writableNeedDrain) raw.write(': \n\n');
  };
  return { send: write, beat };
}

const together = (one: Changed, other: Changed): Changed => ({
  at: other.at,
  sales: [...new Set([...one.sales, ...other.sales])],
  runs: one.runs || other.runs,
});
