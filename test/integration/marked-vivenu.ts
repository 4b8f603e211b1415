import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;

/** Stands for a list that is nested this deep, which no program could write otherwise. */
export const DEEP = '(deep)';
const LEVELS = 50_000;

/** Changes a record on its way; what it returns is answered in its place. */
export type Change = (record: Fields, path: string) => unknown;

/** A simulator behind a server that changes records on their way, so that single people can be told apart in a dump. */
export class MarkedVivenu implements AsyncDisposable {
  readonly #server = createServer();
  /** May be replaced at any time. */
  change: Change;

  private constructor(change: Change) {
    this.change = change;
  }

  static async before(simulator: { readonly url: string }, change: Change): Promise<MarkedVivenu> {
    const marked = new MarkedVivenu(change);
    marked.#server.on('request', (request, response) => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      void (async () => {
        const answer = await fetch(`${simulator.url}${path}?${query}`, {
          headers: { authorization: request.headers.authorization ?? '' },
        });
        const body = (await answer.json()) as Fields;
        for (const list of ['rows', 'docs'])
          if (Array.isArray(body[list]))
            body[list] = (body[list] as Fields[]).map((record) => marked.change(record, path));
        response.writeHead(answer.status, {
          date: answer.headers.get('date') ?? '',
          'content-type': 'application/json',
        });
        response.end(JSON.stringify(body).replaceAll(`"${DEEP}"`, '['.repeat(LEVELS) + ']'.repeat(LEVELS)));
      })();
    });
    marked.#server.listen(0, '127.0.0.1');
    await once(marked.#server, 'listening');
    return marked;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Stands in every value that is of a person to be erased. */
export const MARK = 'ÜNIQUE-PERSON';

/** The record with every value of a person, known fields and unknown ones, marked; `age` years of a birthday. */
export const person = (record: Fields, of: { customerId?: string; year?: number } = {}): Fields => ({
  ...record,
  name: `${MARK} name`,
  firstname: `${MARK} first`,
  lastname: `${MARK} last`,
  email: `${MARK}@example.com`,
  company: `${MARK} Ltd`,
  street: `${MARK} street 1`,
  line2: `c/o ${MARK}`,
  postal: `${MARK} postal`,
  city: `${MARK} city`,
  state: `${MARK} state`,
  country: `${MARK} country`,
  customerId: of.customerId ?? `${MARK} customer`,
  customMessage: `for ${MARK}`,
  personalizations: [{ to: MARK }],
  barcode: `${MARK} barcode`,
  triggeredBy: [MARK],
  history: [{ type: 'ticket.created', data: { email: MARK, [`${MARK} key`]: 1 } }],
  fieldOfTomorrow: { phone: `+00 ${MARK}` },
  extraFields: {
    birth_date: `${of.year ?? 1990}-05-05`,
    gender: 'Male',
    nationality: `${MARK} nation`,
    region_of_residence: `${MARK} region`,
    hyrox_training_clubs: `I'm a member of ${MARK}`,
    local_territory_training_club: `${MARK} club`,
    local_territory_training: `${MARK} place`,
    team_name: `${MARK} team`,
    emergency_contact_full_name: `${MARK} contact`,
    [`${MARK} slug`]: [{ deep: [MARK] }],
  },
});
