import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Bytes of bodies that are being received at once: whoever sends them is not known before they are whole. */
const MAX_UNDER_WAY = 128 * 1024 * 1024;
const MAX_CONNECTIONS = 8000;

interface FloodParts {
  readonly largestBody: number;
  /** Hears of each that was refused, with the milliseconds until then. */
  readonly onRefused: (ms: number) => void;
}

/** Keeps those who may not send from filling the memory: what is too much at once is asked to come again. */
export function limitFloods(app: FastifyInstance, { largestBody, onRefused }: FloodParts): void {
  let underWay = 0;
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => {
    const size = sizeOf(request, largestBody);
    if (underWay + size > MAX_UNDER_WAY) {
      onRefused(reply.elapsedTime);
      return await reply
        .code(503)
        .headers({ 'retry-after': '5', connection: 'close' })
        .send({ error: 'too much at once' });
    }
    underWay += size;
    request.raw.once('close', () => (underWay -= size));
    return undefined;
  });
}

/** One that does not tell its size counts as the largest, and one that is too large is refused anyway. */
function sizeOf({ headers }: FastifyRequest, largest: number): number {
  if (headers['transfer-encoding'] !== undefined) return largest;
  const length = Number(headers['content-length'] ?? 0);
  return length > largest ? 0 : length;
}
