// Look-ups of keys that are not remembered: all that wait are one query. However many guesses
// arrive, they cost two connections at the most, and nobody's key is refused for them.
import { DomainError } from '../../shared/index.js';
import type { ParsedApiKey } from './api-key.js';

/** So long guesses beyond an address's limit gather: they cost four queries a second. */
const PATIENT_MILLIS = 250;
/** Bounds the memory of what waits; connections are bounded far below it. */
const WAITING_MAX = 20_000;

interface Waiting<Key> {
  key: ParsedApiKey;
  resolve: (found: Key | null) => void;
  reject: (error: unknown) => void;
}

export class KeyLookUps<Key extends ParsedApiKey> {
  private readonly prompt = new Gathering<Key>(0, (keys) => this.find(keys));
  private readonly patient = new Gathering<Key>(PATIENT_MILLIS, (keys) => this.find(keys));

  constructor(private readonly find: (keys: ParsedApiKey[]) => Promise<Key[]>) {}

  /** Of an address that has guessed too often: patiently. */
  of(key: ParsedApiKey, isPatient: boolean): Promise<Key | null> {
    return (isPatient ? this.patient : this.prompt).add(key);
  }
}

class Gathering<Key extends ParsedApiKey> {
  private waiting: Waiting<Key>[] = [];
  private isUnderWay = false;

  constructor(
    private readonly millis: number,
    private readonly find: (keys: ParsedApiKey[]) => Promise<Key[]>,
  ) {}

  add(key: ParsedApiKey): Promise<Key | null> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length >= WAITING_MAX) {
        const detail = 'Too many keys are being looked up; send it again in a moment.';
        reject(new DomainError(503, 'server.unavailable', detail, { retryAfterSeconds: 1 }));
        return;
      }
      this.waiting.push({ key, resolve, reject });
      if (!this.isUnderWay) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.isUnderWay = true;
    while (this.waiting.length > 0) {
      if (this.millis > 0) await new Promise((resolve) => setTimeout(resolve, this.millis));
      const batch = this.waiting.splice(0);
      try {
        const asked = new Map(batch.map(({ key }) => [nameOf(key), key]));
        const rows = await this.find([...asked.values()]);
        const found = new Map(rows.map((row) => [nameOf(row), row]));
        for (const { key, resolve } of batch) resolve(found.get(nameOf(key)) ?? null);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isUnderWay = false;
  }
}

function nameOf({ accountId, keyId }: ParsedApiKey): string {
  return `${keyId} ${accountId}`;
}
