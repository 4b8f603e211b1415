/** A gate in front of PostgreSQL that knows its protocol: it waits for a statement, and lets statements meet a full disk. */
import { Gate, type Passage } from './gate.js';

/** Waits for a statement of the command. */
export interface Trigger {
  readonly statement: (text: string, connection: number) => boolean;
  /** `before`: the server has not seen it; `after`: it has answered, and nothing that it answers comes through. */
  readonly side: 'before' | 'after';
}

/** The moment that a trigger waited for: the connection stands still until it is released, all of them where answers are held back. */
export interface Moment {
  readonly release: () => void;
}

interface Armed extends Trigger {
  readonly reached: (moment: Moment) => void;
}

/** Message types of the frontend: simple query, parse, sync. */
const [QUERY, PARSE, SYNC] = ['Q', 'P', 'S'];
/** The server itself says it, so that its transaction has failed as it would on a full disk. */
const DISK_FULL = `do $$ begin raise exception using errcode = '53100',
  message = 'could not extend file "base/16384/16500": No space left on device'; end $$`;

/** The gate with what it does to statements; both may be changed at any time. */
export class PostgresGate implements AsyncDisposable {
  readonly gate: Gate;
  /** Statements that meet SQLSTATE 53100. */
  refused: (text: string) => boolean = () => false;
  #armed: Armed | null = null;

  private constructor(gate: Gate) {
    this.gate = gate;
  }

  static async open(target: number): Promise<PostgresGate> {
    const self: { made?: PostgresGate } = {};
    let connections = 0;
    const gate = await Gate.open({
      target,
      forth: () => passage(++connections, (message) => self.made?.forward(message) ?? [message.bytes]),
    });
    self.made = new PostgresGate(gate);
    return self.made;
  }

  /** Resolves at the first statement that fits. */
  at(trigger: Trigger): Promise<Moment> {
    return new Promise((reached) => (this.#armed = { ...trigger, reached }));
  }

  /** What goes on to the server in place of a message. */
  async forward(message: Message): Promise<Buffer[]> {
    const { text } = message;
    if (message.skipped()) return message.type === SYNC ? [query(DISK_FULL)] : [];
    if (text === null) return [message.bytes];
    const armed = this.#armed?.statement(text, message.connection) === true ? this.#armed : null;
    if (armed !== null) this.#armed = null;
    if (armed?.side === 'before') await new Promise<void>((release) => armed.reached({ release }));
    if (armed?.side === 'after') this.gate.hold(() => armed.reached({ release: () => this.gate.release() }));
    if (!this.refused(text)) return [message.bytes];
    if (message.type === QUERY) return [query(DISK_FULL)];
    message.skip();
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gate[Symbol.asyncDispose]();
  }
}

interface Message {
  readonly connection: number;
  readonly type: string;
  readonly bytes: Buffer;
  /** The statement, of a message that brings one. */
  readonly text: string | null;
  /** Leaves out the rest of what was asked at once. */
  readonly skip: () => void;
  /** Whether this message belongs to what is left out. */
  readonly skipped: () => boolean;
}

/** Divides what a client sends into messages; the first has no type. */
function passage(connection: number, forward: (message: Message) => Promise<Buffer[]> | Buffer[]): Passage {
  let rest = Buffer.alloc(0);
  let started = false;
  let skipping = false;
  const skip = () => void (skipping = true);
  const next = (): Message | null => {
    const head = started ? 1 : 0;
    if (rest.length < head + 4) return null;
    const length = head + rest.readInt32BE(head);
    if (rest.length < length) return null;
    const bytes = rest.subarray(0, length);
    rest = rest.subarray(length);
    const type = started ? String.fromCharCode(bytes[0]!) : '';
    started = true;
    const skipped = () => {
      const now = skipping;
      if (type === SYNC) skipping = false;
      return now;
    };
    return { connection, type, bytes, text: statementOf(type, bytes), skip, skipped };
  };
  return async (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const pieces: Buffer[] = [];
    for (let message = next(); message !== null; message = next()) pieces.push(...(await forward(message)));
    return pieces;
  };
}

function statementOf(type: string, bytes: Buffer): string | null {
  if (type !== QUERY && type !== PARSE) return null;
  // A parsed statement has its name before it.
  const from = type === PARSE ? bytes.indexOf(0, 5) + 1 : 5;
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}

function query(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write(QUERY);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
