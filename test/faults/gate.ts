/** A TCP proxy that stands between the command and a server, and can be shut, cut, held and slowed. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of the bytes of one direction of one connection; pieces are sent on in order. */
export type Passage = (chunk: Buffer) => Promise<readonly Buffer[]>;

export interface GateOptions {
  /** Port on this machine that connections are passed on to. */
  readonly target: number;
  /** Made for each connection: from the client to the server. */
  readonly forth?: () => Passage;
  /** And back. */
  readonly back?: () => Passage;
}

const HOST = '127.0.0.1';
const asIs: Passage = (chunk) => Promise.resolve([chunk]);

interface Hold {
  readonly until: Promise<void>;
  readonly release: () => void;
  /** Called once when an answer is held back; without it, questions are held as well. */
  readonly onAnswer?: () => void;
}

/** Open until told otherwise. */
export class Gate implements AsyncDisposable {
  readonly port: number;
  /** Milliseconds by which every piece is late, in both directions. */
  delayMs = 0;
  readonly #options: GateOptions;
  #server: Server | null;
  readonly #sockets = new Set<Socket>();
  #held: Hold | null = null;

  private constructor(options: GateOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#join(client));
  }

  /** Opens a gate on a free port. */
  static async open(options: GateOptions): Promise<Gate> {
    return new Gate(options, await listening(0));
  }

  /** Cuts every connection and refuses new ones. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.cut();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  /** Takes connections again, on the same port. */
  async reopen(): Promise<void> {
    if (this.#server !== null) return;
    this.#server = await listening(this.port);
    this.#server.on('connection', (client) => this.#join(client));
  }

  /** Resets every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  /** Lets nothing through until it is released; with `onAnswer`, which hears of each, only no answer. */
  hold(onAnswer?: () => void): void {
    this.release();
    let release = () => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    this.#held = { until, release, ...(onAnswer === undefined ? {} : { onAnswer }) };
  }

  release(): void {
    this.#held?.release();
    this.#held = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.shut();
  }

  #join(client: Socket): void {
    const server = connect(this.#options.target, HOST);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    void this.#pump(client, server, { pass: this.#options.forth?.() ?? asIs, isAnswer: false });
    void this.#pump(server, client, { pass: this.#options.back?.() ?? asIs, isAnswer: true });
  }

  async #pump(
    from: Socket,
    to: Socket,
    { pass, isAnswer }: { pass: Passage; isAnswer: boolean },
  ): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (const piece of await pass(chunk)) {
          if (this.delayMs > 0) await sleep(this.delayMs);
          await this.#whileHeld(isAnswer);
          if (!to.write(piece)) await once(to, 'drain');
        }
      }
      to.end();
    } catch {
      // One of the two is gone, which the other is told by its own end.
      to.destroy();
    }
  }

  async #whileHeld(isAnswer: boolean): Promise<void> {
    for (let held = this.#held; held !== null; held = this.#held) {
      if (held.onAnswer !== undefined && !isAnswer) return;
      held.onAnswer?.();
      await held.until;
    }
  }
}

async function listening(port: number): Promise<Server> {
  // A client that has ended is still to be told what was on its way.
  const server = createServer({ allowHalfOpen: true });
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}
