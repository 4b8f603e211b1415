import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { answer, listenerAnswer, type Answer, type Api } from './answer.js';
import type { Clock } from './clock.js';
import { retryAfter, type FaultDice, type FaultName, type FaultSettings } from './faults.js';
import { errorBody, HttpProblem } from './problem.js';
import type { Seller } from './seller.js';

/** One line of the request log. */
export interface RequestLine {
  /** Milliseconds since 1970, by the simulator's clock. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  /** The query string without its question mark, decoded. */
  readonly query: string;
  /** 0 where no status was sent. */
  readonly status: number;
  readonly rows: number;
  readonly fault?: FaultName;
}

export interface ServerParts {
  readonly api: Api;
  readonly clock: Clock;
  readonly dateHeader: boolean;
  readonly dice: FaultDice;
  readonly faultSettings: FaultSettings;
  /** Called before a request is answered. */
  before(): void;
  /** Called once a request was answered; `listed` is the seller whose list was read. */
  after(line: RequestLine, bytes: number, listed: Seller | undefined): void;
}

const HTML =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Please try again later</h1></body></html>';

export function createApiServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    // A client that gave up is no fault of the simulator.
    response.on('error', () => undefined);
    respond(parts, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  // As long as a load balancer's: clients keep connections over the waits between runs.
  server.keepAliveTimeout = 65_000;
  return server;
}

interface Reply {
  /** 0 for none. */
  status: number;
  body: Buffer;
  headers: Record<string, string>;
  rows: number;
  listed: Seller | undefined;
}

async function respond(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  parts.before();
  const url = new URL(request.url ?? '/', 'http://simulator');
  const top = Number(url.searchParams.get('top') ?? 25);
  const fault = parts.dice.next(url.pathname, top);
  const body = request.method === 'GET' ? '' : await bodyOf(request);
  const reply = failed(parts, fault) ?? answered(parts, { request, url, body, fault });
  const line = {
    time: parts.clock.now(),
    method: request.method ?? '',
    path: url.pathname,
    query: readable(url.search),
  };
  const result = {
    ...line,
    status: reply.status,
    rows: reply.rows,
    ...(fault === undefined ? {} : { fault }),
  };
  // Booked before it is sent, so that whoever has the answer finds it in the log.
  parts.after(result, reply.body.length, reply.listed);
  await send(parts, response, { ...reply, fault });
}

function readable(search: string): string {
  try {
    return decodeURIComponent(search.slice(1));
  } catch {
    return search.slice(1);
  }
}

const reply = (status: number, body: string, headers: Record<string, string> = {}): Reply => ({
  status,
  body: Buffer.from(body),
  headers: {
    'content-type': body.startsWith('<') ? 'text/html' : 'application/json; charset=utf-8',
    ...headers,
  },
  rows: 0,
  listed: undefined,
});

/** The reply of a fault that keeps the request from the API; undefined for one that spoils its answer. */
function failed({ clock, faultSettings }: ServerParts, fault: FaultName | undefined): Reply | undefined {
  if (fault === undefined) return undefined;
  const status = Number(/^\d{3}/.exec(fault)?.[0]);
  if (fault === 'reset' || fault === 'hang') return reply(0, '');
  if (fault === 'html-200') return reply(200, HTML);
  if (Number.isNaN(status)) return undefined;
  if (fault === '502-html') return reply(status, HTML);
  const after = retryAfter(fault, clock.now(), faultSettings);
  return reply(
    status,
    errorBody(status, `Simulated ${fault}`),
    after === undefined ? {} : { 'retry-after': after },
  );
}

interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  readonly fault: FaultName | undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

function answered({ api }: ServerParts, { request, url, body, fault }: Asked): Reply {
  try {
    const { method = '', headers } = request;
    const { authorization } = headers;
    const about = listenerAnswer(api, url, { method, authorization, body });
    if (about !== null) return reply(about.status, about.body);
    if (request.method !== 'GET') throw new HttpProblem(405, 'Method Not Allowed');
    const found: Answer = answer(api, url, request.headers.authorization, fault);
    return { ...reply(200, ''), ...found };
  } catch (error) {
    if (error instanceof HttpProblem)
      return reply(error.status, errorBody(error.status, error.message), { ...error.headers });
    return reply(500, errorBody(500, `The simulator has a bug: ${String(error)}`));
  }
}

/** Sends a reply, spoilt by a fault of the line. */
async function send(
  { clock, dateHeader, faultSettings }: ServerParts,
  response: ServerResponse,
  { status, body, headers, fault }: Reply & { fault: FaultName | undefined },
): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'reset') return void response.socket?.resetAndDestroy();
  const sent = fault === 'cut-json' ? body.subarray(0, Math.floor(body.length * 0.6)) : body;
  response.sendDate = false;
  const date = dateHeader ? { date: new Date(clock.now()).toUTCString() } : {};
  response.writeHead(status, { ...headers, ...date, 'content-length': String(sent.length) });
  if (fault === 'cut-connection') {
    // Half a body on the wire, then nothing: the client waits for the rest and loses the connection.
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
  } else if (fault === 'slow') await trickle(response, sent, faultSettings.slowMs ?? 2000);
  else response.end(sent);
}

const PIECES = 10;

async function trickle(response: ServerResponse, body: Buffer, ms: number): Promise<void> {
  const size = Math.ceil(body.length / PIECES);
  for (let at = 0; at < body.length && !response.destroyed; at += size) {
    response.write(body.subarray(at, at + size));
    await wait(ms / PIECES);
  }
  response.end();
}
