import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const SECOND = 1000;
const TIMEOUT_MS = 10 * SECOND;
const PAUSE_MS = SECOND;
/** What a block of a message may hold, and a message of blocks (Slack, block kit reference). */
const BLOCK_CHARACTERS = 3000;
const BLOCKS = 50;

/** Text as a chat shows it: `&`, `<` and `>` would be links and mentions. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The body that a Slack-compatible incoming webhook takes: a line for notifications, and paragraphs, cut into blocks where they are long. */
export function message(text: string, paragraphs: readonly string[]): object {
  const pieces = paragraphs.flatMap(inBlocks);
  const shown = pieces.length <= BLOCKS ? pieces : [...pieces.slice(0, BLOCKS - 1), '…'];
  return {
    text,
    blocks: shown.map((piece) => ({ type: 'section', text: { type: 'mrkdwn', text: piece } })),
  };
}

/** Whole lines as long as they fit into a block. */
function inBlocks(paragraph: string): string[] {
  const blocks: string[] = [''];
  for (const line of paragraph.split('\n')) {
    const whole = line.slice(0, BLOCK_CHARACTERS);
    const last = blocks.at(-1) ?? '';
    if (last !== '' && last.length + 1 + whole.length > BLOCK_CHARACTERS) blocks.push(whole);
    else blocks[blocks.length - 1] = last === '' ? whole : `${last}\n${whole}`;
  }
  return blocks.filter((block) => block !== '');
}

/**
 * Sends a message to an incoming webhook, and once more after a network fault or a 5xx. Returns why it was not taken, or null; never
 * throws and never names the address, which is a secret.
 */
export async function post(url: string, body: object): Promise<string | null> {
  const first = await tryPost(url, body);
  if (first === null || !first.again) return first?.says ?? null;
  await sleep(PAUSE_MS);
  return (await tryPost(url, body))?.says ?? null;
}

async function tryPost(url: string, body: object): Promise<{ says: string; again: boolean } | null> {
  try {
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.dump();
    if (statusCode >= 200 && statusCode < 300) return null;
    return { says: `it answered ${statusCode}`, again: statusCode >= 500 };
  } catch (error) {
    const { name, code = name } = error as NodeJS.ErrnoException;
    return { says: `it cannot be reached (${code})`, again: true };
  }
}
