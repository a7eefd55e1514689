// The tier that processes share. It is a convenience: whatever is wrong with Redis, a look-up goes
// on without it within a tenth of a second, and goes on with it as soon as it is back. The defaults
// of the client would queue commands for ten seconds and more.
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config, Log } from '../../shared/index.js';

const PREFIX = 'loopgain:cache:';
const CHANNEL = `${PREFIX}invalidate`;
/** A slower answer than this is none: the look-up itself takes about as long. */
const COMMAND_MILLIS = 80;
/**
 * Many keys are asked for in parts, and no further part after so long: a slow one costs 100 ms in
 * all.
 */
const PARTS_MILLIS = 20;
const KEYS_PER_PART = 500;
const CONNECT_MILLIS = 2000;
const RECONNECT_MILLIS_MAX = 2000;
/**
 * After so many failures in a row Redis is left alone for a while: each would cost its time limit.
 */
const FAILURES_MAX = 3;
const REST_MILLIS = 2000;

export interface SharedEntry {
  key: string;
  scope: string;
  value: unknown;
  ttlMillis: number;
}

@Injectable()
export class RedisTier implements OnApplicationShutdown {
  private readonly commands: Redis | null;
  private readonly listener: Redis | null;
  private failures = 0;
  private restUntil = 0;
  /** Commands that failed since the start. */
  errors = 0;

  constructor(
    config: Config,
    private readonly log: Log,
  ) {
    this.commands = config.redisUrl === null ? null : this.client(config.redisUrl, COMMAND_MILLIS);
    // A subscription waits as long as it must; it shares no connection with commands.
    this.listener = config.redisUrl === null ? null : this.client(config.redisUrl, undefined);
  }

  get isConfigured(): boolean {
    return this.commands !== null;
  }

  async get(key: string): Promise<unknown> {
    const text = await this.attempt((redis) => redis.get(PREFIX + key));
    return typeof text === 'string' ? parsed(text) : undefined;
  }

  /** In the order of the keys; undefined = not there, or not told in time. */
  async getMany(keys: readonly string[]): Promise<unknown[]> {
    const found: unknown[] = [];
    const since = performance.now();
    while (found.length < keys.length && performance.now() - since < PARTS_MILLIS) {
      const part = keys.slice(found.length, found.length + KEYS_PER_PART);
      const texts = await this.attempt((redis) => redis.mget(part.map((key) => PREFIX + key)));
      if (!texts) break;
      for (const text of texts) found.push(text === null ? undefined : parsed(text));
    }
    return keys.map((_, index) => found[index]);
  }

  /**
   * Nobody waits for it. Many travel together: one by one, each would have a time limit of its own.
   */
  async keep(entries: readonly SharedEntry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += KEYS_PER_PART) {
      const part = entries.slice(from, from + KEYS_PER_PART);
      await this.attempt(async (redis) => {
        const commands = redis.pipeline();
        for (const { key, scope, value, ttlMillis } of part) {
          const members = `${PREFIX}scope:${scope}`;
          commands
            .set(PREFIX + key, JSON.stringify(value), 'PX', Math.round(ttlMillis))
            .sadd(members, PREFIX + key)
            .pexpire(members, Math.round(2 * ttlMillis));
        }
        const answers = await commands.exec();
        for (const [error] of answers ?? []) if (error) throw error;
      });
    }
  }

  /** Removes a scope's entries and tells every process. */
  async dropScope(scope: string): Promise<void> {
    const members = `${PREFIX}scope:${scope}`;
    await this.attempt(async (redis) => {
      const keys = await redis.smembers(members);
      await redis.unlink(members, ...keys);
      await redis.publish(CHANNEL, scope);
    });
  }

  /** Calls back with every scope that any process dropped. */
  onDrop(dropped: (scope: string) => void): void {
    const { listener } = this;
    if (!listener) return;
    listener.on('message', (_channel: string, scope: string) => dropped(scope));
    const subscribe = () => {
      listener.subscribe(CHANNEL).catch(() => (this.errors += 1));
    };
    listener.on('ready', subscribe);
    if (listener.status === 'ready') subscribe();
  }

  onApplicationShutdown(): void {
    this.commands?.disconnect();
    this.listener?.disconnect();
  }

  private async attempt<T>(command: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (!this.commands || performance.now() < this.restUntil) return undefined;
    try {
      const answer = await command(this.commands);
      this.failures = 0;
      return answer;
    } catch (error) {
      this.errors += 1;
      this.failures += 1;
      if (this.failures >= FAILURES_MAX) {
        this.failures = 0;
        this.restUntil = performance.now() + REST_MILLIS;
        this.log.root.warn({ err: error }, 'Redis left alone for a moment; look-ups go on without');
      }
      return undefined;
    }
  }

  private client(url: string, commandTimeout: number | undefined): Redis {
    const redis = new Redis(url, {
      commandTimeout,
      connectTimeout: CONNECT_MILLIS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      retryStrategy: (times) => Math.min(times * 100, RECONNECT_MILLIS_MAX),
    });
    // Without a listener an unreachable server would end the process.
    redis.on('error', () => undefined);
    return redis;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
