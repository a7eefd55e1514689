// Similarity from an OpenAI-compatible endpoint, a real local server: synonyms meet, and whatever
// is wrong with it costs an allocation one call and no answer.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Embedder } from '../src/learning/likeness/embedder.service.js';
import { RedisTier } from '../src/learning/likeness/redis-tier.service.js';
import { SemanticCache } from '../src/learning/likeness/semantic-cache.service.js';
import { readConfig } from '../src/shared/config/config.js';
import { PinoLog } from '../src/shared/index.js';

interface Asked {
  model: string;
  input: string[];
}
type Reply = (input: string[]) => { status?: number; body: unknown };

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

/** Three directions of meaning, whatever the words. */
const vectorOf = (text: string) =>
  /cheap|affordable/i.test(text) ? [1, 0, 0] : /warm|cosy/i.test(text) ? [0, 1, 0] : [0, 0, 1];
const item = (text: string, index: number) => ({ index, embedding: vectorOf(text) });

async function cacheWith(reply: Reply) {
  const calls: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const asked = JSON.parse(text) as Asked;
      calls.push(asked);
      const { status = 200, body } = reply(asked.input);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = readConfig({ EMBEDDINGS_URL: `http://127.0.0.1:${port}/v1` });
  const log = new PinoLog('silent');
  const cache = new SemanticCache(new RedisTier(config, log), new Embedder(config, log));
  const ask = (texts: string[]) =>
    cache.getOrComputeAll(
      texts.map((text) => ({
        question: { kind: 'creative', scope: 'acme', version: '1', facts: {}, text },
        compute: () => Promise.resolve(text),
        errorOf: () => 0,
        isAnswer: (value: unknown) => typeof value === 'string',
      })),
    );
  return { calls, cache, ask };
}

const TEXTS = ['Our cheap shoes for all', 'Warm coats for all', 'Our affordable shoes for all'];

describe('an embeddings endpoint', () => {
  it('is asked once for all texts, and its places count, not its order', async () => {
    const { calls, ask } = await cacheWith((input) => ({
      body: { data: input.map(item).reverse() },
    }));
    expect((await ask(TEXTS)).map(({ value, cache }) => [value, cache])).toEqual([
      [TEXTS[0], 'miss'],
      [TEXTS[1], 'miss'],
      [TEXTS[0], 'semantic'],
    ]);
    expect(calls).toEqual([{ model: 'text-embedding-3-small', input: TEXTS }]);
    expect((await ask(TEXTS)).map(({ cache }) => cache)).toEqual(['exact', 'exact', 'exact']);
    expect(calls).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['an error', () => ({ status: 500, body: {} })],
    ['no JSON', () => ({ body: '<html>' })],
    ['null', () => ({ body: 'null' })],
    ['no data', () => ({ body: {} })],
    ['too few', (input) => ({ body: { data: input.slice(1).map(item) } })],
    ['null in their place', (input) => ({ body: { data: input.map(() => null) } })],
    ['places out of range', (input) => ({ body: { data: input.map((text) => item(text, 9)) } })],
    ['no numbers', (input) => ({ body: { data: input.map(() => ({ embedding: ['1', '0'] })) } })],
    ['zeros', (input) => ({ body: { data: input.map(() => ({ embedding: [0, 0] })) } })],
    ['too large ones', (input) => ({ body: { data: input.map(() => ({ embedding: [1e308] })) } })],
    ['empty ones', (input) => ({ body: { data: input.map(() => ({ embedding: [] })) } })],
  ])('that answers with %s is left alone, and every text is computed', async (_what, reply) => {
    const { calls, cache, ask } = await cacheWith(reply);
    expect((await ask(TEXTS)).map(({ cache: found }) => found)).toEqual(['miss', 'miss', 'miss']);
    expect(await ask(['Cosy coats for all'])).toMatchObject([{ cache: 'miss' }]);
    expect(calls).toHaveLength(1);
    expect(cache.report().errors).toBe(2);
  });

  it('of changing dimensions finds nothing alike, and harms nothing', async () => {
    let dimensions = 2;
    const { ask } = await cacheWith((input) => {
      dimensions += 1;
      const embedding = [1, ...new Array<number>(dimensions).fill(0)];
      return { body: { data: input.map((_, index) => ({ index, embedding })) } };
    });
    const found = [await ask([TEXTS[0]!]), await ask([TEXTS[2]!])];
    expect(found.flat().map(({ cache }) => cache)).toEqual(['miss', 'miss']);
  });
});
