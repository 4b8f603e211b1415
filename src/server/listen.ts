import { fastify, type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.js';
import { UsageError } from '../errors.js';

/** Listens and returns the address, such as `http://127.0.0.1:8080`; throws a UsageError that names the setting when it cannot. */
export async function listen(
  app: FastifyInstance,
  { host, port }: Pick<Config['serve'], 'host' | 'port'>,
  portSetting = 'SERVE_PORT',
): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const mend = isTaken ? '; another program listens there: choose a port that is free' : '';
    throw new UsageError([`cannot listen (SERVE_HOST=${host}, ${portSetting}=${port}): ${says}${mend}`]);
  }
  const { port: taken, family } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${taken}`;
}

/** Throws the UsageError of `listen`, before work that would be in vain without the port. */
export async function checkPort(port: number, portSetting: string): Promise<void> {
  const app = fastify();
  await listen(app, { host: '127.0.0.1', port }, portSetting);
  await app.close();
}
