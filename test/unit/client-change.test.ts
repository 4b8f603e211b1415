import { describe, expect, test } from 'vitest';
import { FatalError } from '../../src/errors.js';
import { VivenuHTTPClient } from '../../src/source/client.js';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';

const TOKEN = 'key_simulated_changes';
const LISTENER = {
  name: 'the test',
  url: 'https://hooks.example.com',
  hmacKey: 'hush',
  enabled: true,
  events: {},
};

const vivenu = () => startSimulator({ sellers: [{ token: TOKEN, events: [] }] });
const clientOf = ({ url }: Simulator) =>
  new VivenuHTTPClient({ token: TOKEN, baseUrl: url, backoffMs: 1, retries: 3 });
const methods = ({ log }: Simulator) => log.map(({ method, status }) => `${method} ${status}`);

describe('a change of vivenu', () => {
  test('that makes something is not asked twice when its answer is lost, and is after a 429', async () => {
    await using there = await vivenu();
    await using client = clientOf(there);
    for (const fault of ['reset', '503'] as const) {
      there.failNext(fault);
      const lost = client.change('POST', '/webhooks', LISTENER);
      await expect(lost).rejects.toThrow(FatalError);
      await expect(lost).rejects.toThrow(/POST \/webhooks: .*whether vivenu did it is not known/);
    }
    there.failNext('429');
    await client.change('POST', '/webhooks', LISTENER);
    expect(methods(there)).toEqual(['POST 0', 'POST 503', 'POST 429', 'POST 201']);
  });

  test('that may be done twice is tried again, and brings its body', async () => {
    await using there = await vivenu();
    await using client = clientOf(there);
    await client.change('POST', '/webhooks', LISTENER);
    const list = () => client.list({ path: '/webhooks', items: 'docs', skip: 0, top: 10 });
    const [made] = (await list()).rows as { _id: string }[];
    there.failNext('503');
    await client.change('PUT', `/webhook/${made?._id}`, { enabled: false });
    expect((await list()).rows).toMatchObject([{ ...LISTENER, enabled: false }]);
    there.failNext('reset');
    await client.change('DELETE', `/webhook/${made?._id}`);
    expect((await list()).rows).toEqual([]);
    await expect(client.change('DELETE', `/webhook/${made?._id}`)).rejects.toMatchObject({ status: 404 });
  });
});
