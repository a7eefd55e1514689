// Requests per second of a validated POST through our whole shell (Fastify, Nest, key, rate limit,
// schema, problem filter, access log off) against bare Fastify that parses and answers the same
// JSON.
import { Agent, request } from 'node:http';
import { median, rounded, startChild } from './measure.js';

const CONNECTIONS = 32;
const SECONDS = 4;
const ROUNDS = 3;

const BODY = JSON.stringify({
  snapshots: Array.from({ length: 10 }, (_, index) => ({
    ad_id: `2384200000000000${index}`,
    observed_at: '2026-11-22T08:00:00Z',
    impressions: 120_000,
    clicks: 1800,
    spend: 640.5,
    conversions: 41,
    revenue: 3280,
  })),
});

export async function benchHttp(): Promise<Record<string, unknown>> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await rate('ours'));
    bare.push(await rate('bare'));
    console.error(`round ${round + 1}: ours ${ours.at(-1)}/s, bare Fastify ${bare.at(-1)}/s`);
  }
  return {
    requests_per_second: Math.round(median(ours)),
    bare_fastify_requests_per_second: Math.round(median(bare)),
    share: rounded(median(ours.map((value, index) => value / (bare[index] ?? NaN)))),
    aim: 0.4,
    body_bytes: BODY.length,
    connections: CONNECTIONS,
  };
}

async function rate(kind: 'ours' | 'bare'): Promise<number> {
  const server = await startChild('./http-servers.js', [kind]);
  try {
    await load(server.url, 1);
    return Math.round((await load(server.url, SECONDS)) / SECONDS);
  } finally {
    await server.stop();
  }
}

async function load(url: string, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + seconds * 1000;
  let answered = 0;
  const client = async () => {
    while (performance.now() < until) {
      await post(`${url}/v1/metrics`, agent);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return answered;
}

function post(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(BODY),
          authorization: `Bearer ${BENCH_TOKEN}`,
        },
      },
      (answer) => {
        if (answer.statusCode !== 202) reject(new Error(`status ${answer.statusCode}`));
        answer.resume();
        answer.on('end', resolve);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(BODY);
  });
}

export const BENCH_TOKEN = 'bench-token-0123456789abcdefghijklmnop';
