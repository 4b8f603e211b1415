import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import { message } from '../../src/reports/post.js';
import { vivenuIngest } from './command-line.js';
import { KEY, SECOND, world, type World } from './world.js';

interface Chat extends AsyncDisposable {
  readonly url: string;
  readonly posts: { text: string; blocks: { type: string; text: { type: string; text: string } }[] }[];
  /** Statuses of the next answers; 200 when there is none. */
  readonly answers: number[];
  readonly types: (string | undefined)[];
}

/** A chat's incoming webhook. */
async function chat(): Promise<Chat> {
  const posts: Chat['posts'] = [];
  const answers: number[] = [];
  const types: Chat['types'] = [];
  const take = async (request: IncomingMessage) => {
    types.push(request.headers['content-type']);
    posts.push(JSON.parse(await text(request)) as Chat['posts'][number]);
    return answers.shift() ?? 200;
  };
  const server = createServer((request, response) => {
    void take(request).then((status) => response.writeHead(status).end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/SECRET-PATH`,
    posts,
    answers,
    types,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const races = () =>
  world({
    sellers: [{ token: KEY, events: [{ id: 'race', name: 'Race <A> & B', tickets: 200 }] }],
    regions: [{ profile: loadProfile('hyrox') }],
  });

/** The real command on a world's database and vivenu. */
const run = (here: World, url: string | null, more: NodeJS.Dict<string> = {}, args: string[] = []) =>
  vivenuIngest(['run', ...args], {
    DATABASE_URL: here.database.url,
    EVENT_CONFIGS__auckland__token: KEY,
    EVENT_CONFIGS__auckland__event_id: '*',
    EVENT_CONFIGS__auckland__base_url: here.simulator.url,
    EVENT_CONFIGS__auckland__profile: 'hyrox',
    EVENT_CONFIGS__auckland__price_trigger: '500',
    HTTP_REQUESTS_PER_HOUR: '1000000',
    ...(url === null ? {} : { REPORT_WEBHOOK_URL: url }),
    ...more,
  });

const shown = ({ posts }: Chat, which = -1) =>
  posts
    .at(which)!
    .blocks.map((block) => block.text.text)
    .join('\n');

describe('REPORT_WEBHOOK_URL', () => {
  it('gets what is sold after a run that found sales, with the change, and nothing after one that found none', async () => {
    await using here = await races();
    await using room = await chat();
    expect((await run(here, room.url)).code).toBe(0);
    expect(room.types).toEqual(['application/json; charset=utf-8']);
    expect(shown(room)).toMatch(/^\*auckland · Race &lt;A&gt; &amp; B\*$/m);
    expect(shown(room)).toMatch(
      /^• Total_athletes: \d+ of [\d,]+, \d+ % full; price trigger 500, \d+ % reached$/m,
    );
    expect(shown(room)).toMatch(
      /^Complete and proven, as vivenu had it at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/m,
    );

    expect((await run(here, room.url)).code).toBe(0);
    expect(room.posts).toHaveLength(1);

    here.simulator.sell(KEY, 30);
    here.simulator.advance(10 * SECOND);
    await run(here, room.url);
    expect(room.posts).toHaveLength(2);
    expect(shown(room)).toMatch(/^• Total_athletes: \d+ \(\+\d+\) of/m);
  });

  it('gets what failed, and what is sold when all is well again', async () => {
    await using here = await races();
    await using room = await chat();
    await run(here, room.url);
    const wrong = await run(here, room.url, { EVENT_CONFIGS__auckland__token: 'key_that_is_wrong' });
    expect(wrong.code).toBe(1);
    expect(room.posts.at(-1)!.text).toBe('vivenu-ingest: the run is failed');
    expect(shown(room)).toMatch(/^\*auckland\*: failed$/m);
    expect(shown(room)).toContain('401');
    expect(JSON.stringify(room.posts)).not.toContain('key_that_is_wrong');
    await run(here, room.url);
    expect(room.posts.at(-1)!.text).toBe('vivenu-ingest: what is sold');
    expect(room.posts).toHaveLength(3);
  });

  it('is told when a run cannot be carried out at all', async () => {
    await using here = await races();
    await using room = await chat();
    const { code } = await run(here, room.url, { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' });
    expect(code).toBe(1);
    expect(shown(room)).toContain('PostgreSQL at 127.0.0.1:1');
  });

  it('is asked once more after a 5xx, and a chat that does not take it costs a warning without its address', async () => {
    await using here = await races();
    await using room = await chat();
    room.answers.push(503);
    expect((await run(here, room.url)).stderr).not.toContain('REPORT_WEBHOOK_URL');
    expect(room.posts).toHaveLength(2);
    here.simulator.sell(KEY, 3);
    here.simulator.advance(10 * SECOND);
    room.answers.push(404);
    const refused = await run(here, room.url);
    expect(refused.code).toBe(0);
    expect(refused.stderr).toContain('the chat of REPORT_WEBHOOK_URL was not told: it answered 404');
    expect(room.posts).toHaveLength(3);
    here.simulator.sell(KEY, 3);
    here.simulator.advance(10 * SECOND);
    const gone = await run(here, 'http://127.0.0.1:1/services/SECRET-PATH');
    expect(gone.code).toBe(0);
    expect(gone.stderr).toContain('it cannot be reached (ECONNREFUSED)');
    expect(refused.stderr + gone.stderr + gone.stdout).not.toContain('SECRET-PATH');
  });

  it('is off by default, and a dry run tells nobody', async () => {
    await using here = await races();
    await using room = await chat();
    await run(here, room.url, {}, ['--dry-run']);
    await run(here, null);
    expect(room.posts).toEqual([]);
  });
});

describe('a message', () => {
  it('keeps to what a chat takes: 3,000 characters a block, cut between lines, and 50 blocks', () => {
    const line = 'x'.repeat(700);
    const { blocks } = message('t', [
      Array.from({ length: 9 }, () => line).join('\n'),
    ]) as Chat['posts'][number];
    expect(blocks.map((block) => block.text.text.length)).toEqual([2803, 2803, 700]);
    const many = message(
      't',
      Array.from({ length: 80 }, () => 'y'),
    ) as Chat['posts'][number];
    expect(many.blocks).toHaveLength(50);
    expect(many.blocks.at(-1)!.text.text).toBe('…');
  });
});
