import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Clock } from './clock.js';
import type { Listener, SentType } from './listeners.js';
import type { Draw } from './random.js';
import type { Seller } from './seller.js';

/** How deliveries fare; shares are from 0 to 1. */
export interface DeliveryOptions {
  /** Share that is never sent. @default 0 */
  drop?: number;
  /** Share that is sent twice, with the same id. @default 0 */
  double?: number;
  /** Each is held back for up to so many milliseconds of the clock, so that they come out of order. @default 0 */
  shuffleMs?: number;
  /** Share that is followed by a forged one: another id, a wrong signature. @default 0 */
  forge?: number;
  /** Share that is followed by a forged one without a signature. @default 0 */
  unsigned?: number;
  /** Pauses between the attempts, milliseconds of the clock. @default 5 s, 30 s, 2, 10, 30 and 75 min: 7 attempts in 2 h */
  retryAfterMs?: readonly number[];
  /** Real milliseconds after which an answer is given up. @default 10000 */
  timeoutMs?: number;
  /** Most that are under way at once. @default 64 */
  inFlight?: number;
}

/** One delivery, and how it fared. */
export interface DeliveryLine {
  readonly id: string;
  readonly type: SentType;
  readonly url: string;
  /** Status of each attempt, 0 where there was no answer. */
  readonly statuses: number[];
  /** Real milliseconds until each of them, since it was due. */
  readonly ms: number[];
  state: 'waiting' | 'delivered' | 'dropped' | 'given up' | 'forged';
}

interface Sending {
  readonly line: DeliveryLine;
  readonly body: string;
  readonly signature: string | null;
  readonly isForged: boolean;
  due: number;
  /** By `performance.now()`; Infinity: when it is sent. */
  since: number;
}

const MINUTE = 60_000;
const RETRY_AFTER = [5000, 30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 75 * MINUTE];
const LOOK_EVERY_MS = 20;
const IN_FLIGHT = 64;

/** Sends deliveries to the listeners of sellers, at least once each. */
export class Deliverer {
  readonly lines: DeliveryLine[] = [];
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  readonly #draw: Draw;
  readonly #before: () => void;
  readonly #waiting = new Set<Sending>();
  readonly #ended = new AbortController();
  readonly #agent = new Agent();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `before` is called at each look, so that what is sold by the second is told of without a request. */
  constructor(options: DeliveryOptions, { clock, draw }: { clock: Clock; draw: Draw }, before: () => void) {
    this.#options = options;
    this.#clock = clock;
    this.#draw = draw;
    this.#before = before;
  }

  /** Begins to look for what is due; once is enough. */
  start(): void {
    this.#timer ??= setInterval(() => {
      this.#before();
      this.#pump();
    }, LOOK_EVERY_MS).unref();
  }

  /** Tells every listener of a seller that hears this type. */
  tell(seller: Seller, type: SentType, data: () => string): void {
    const hearing = seller.listeners.filter(({ enabled, events }) => enabled && events[type] === true);
    if (hearing.length === 0) return;
    const json = data();
    for (const listener of hearing) this.#add(seller, listener, { type, json });
    this.start();
  }

  /** Resolves when nothing is under way or waits for another attempt. */
  async idle(): Promise<void> {
    while (!this.#ended.signal.aborted && (this.#waiting.size > 0 || this.#inFlight > 0))
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ended.abort();
    void this.#agent.destroy();
  }

  #add(seller: Seller, listener: Listener, { type, json }: { type: SentType; json: string }): void {
    const { drop = 0, double = 0, forge = 0, unsigned = 0 } = this.#options;
    const send = (id: string, state: DeliveryLine['state'], signature: (body: string) => string | null) => {
      const line: DeliveryLine = { id, type, url: listener.url, statuses: [], ms: [], state };
      this.lines.push(line);
      if (state === 'dropped') return;
      const body = `{"id":"${id}","type":"${type}","mode":"prod","sellerId":"${seller.id}","webhookId":"${listener.id}","data":${json}}`;
      const due = this.#clock.now() + this.#draw() * (this.#options.shuffleMs ?? 0);
      const sending = { line, body, signature: signature(body), isForged: state === 'forged', due };
      this.#waiting.add({ ...sending, since: performance.now() });
    };
    const { hmacKey } = listener;
    const signed = (body: string) => (hmacKey === null ? null : sign(body, hmacKey));
    const id = randomUUID();
    if (this.#draw() < drop) send(id, 'dropped', signed);
    else {
      send(id, 'waiting', signed);
      if (this.#draw() < double) send(id, 'waiting', signed);
    }
    if (this.#draw() < forge) send(randomUUID(), 'forged', (body) => sign(body, 'no key of the listener'));
    if (this.#draw() < unsigned) send(randomUUID(), 'forged', () => null);
    // What is due goes out before the next look, as soon as the change that it tells of is made.
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    if (this.#ended.signal.aborted) return;
    const now = this.#clock.now();
    const due = [...this.#waiting].filter((one) => one.due <= now).sort((a, b) => a.due - b.due);
    for (const one of due) {
      if (this.#inFlight >= (this.#options.inFlight ?? IN_FLIGHT)) return;
      this.#waiting.delete(one);
      this.#inFlight += 1;
      void this.#attempt(one).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  async #attempt(sending: Sending): Promise<void> {
    const { line } = sending;
    const since = Math.min(sending.since, performance.now());
    const status = await this.#post(sending);
    line.statuses.push(status);
    line.ms.push(performance.now() - since);
    if (sending.isForged || this.#ended.signal.aborted) return;
    const pause = (this.#options.retryAfterMs ?? RETRY_AFTER)[line.statuses.length - 1];
    if (status >= 200 && status <= 299) line.state = 'delivered';
    else if (pause === undefined) line.state = 'given up';
    else {
      sending.due = this.#clock.now() + pause;
      sending.since = Infinity;
      this.#waiting.add(sending);
    }
  }

  async #post({ line, body, signature }: Sending): Promise<number> {
    const late = AbortSignal.timeout(this.#options.timeoutMs ?? 10_000);
    const headers = {
      'content-type': 'application/json',
      ...(signature === null ? {} : { 'x-vivenu-signature': signature }),
    };
    try {
      const signal = AbortSignal.any([late, this.#ended.signal]);
      const answer = await request(line.url, {
        method: 'POST',
        body,
        headers,
        signal,
        dispatcher: this.#agent,
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return 0;
    }
  }
}

const sign = (body: string, key: string) => createHmac('sha256', key).update(body).digest('hex');
