// A start with another SECRETS_KEY than the one that sealed what is stored.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AccountCredential, SecretsKeyCheck } from '../src/accounts/index.js';
import { seal } from '../src/accounts/credentials/seal.js';
import { SecretsKey, StartupError } from '../src/shared/index.js';
import { openTestDatabase } from './harness/database.js';

const FIRST = Buffer.alloc(32, 1);
const SECOND = Buffer.alloc(32, 2);

let database: Awaited<ReturnType<typeof openTestDatabase>>;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.dataSource.query('truncate accounts, secrets_key_check cascade'));

function check(key: Buffer | null, forget = false): Promise<string | null> {
  return new SecretsKeyCheck(database.dataSource, new SecretsKey(key)).run(forget);
}

async function store(key: Buffer, accountId: string, platform: 'meta' | 'x'): Promise<void> {
  await database.dataSource.query(
    `insert into accounts (account_id, name, currency, timezone, conversion_events, lead_events,
                           settings)
     values ($1, $1, 'USD', 'UTC', '{}', '{}', '{}')`,
    [accountId],
  );
  await database.dataSource.getRepository(AccountCredential).insert({
    ...{ accountId, platform, updatedAt: new Date() },
    sealed: seal(key, '{}', `${accountId}/${platform}`),
  });
}

async function stored(): Promise<string[]> {
  const rows = await database.dataSource.getRepository(AccountCredential).find();
  return rows.map(({ accountId, platform }) => `${accountId} ${platform}`).sort();
}

describe('the key that seals credentials', () => {
  it('may be any while nothing is sealed with another', async () => {
    expect(await check(FIRST)).toBeNull();
    expect(await check(SECOND)).toBeNull();
    await store(SECOND, 'acme', 'meta');
    expect(await check(SECOND)).toBeNull();
    expect(await check(null)).toBeNull();
  });

  it('stops the start when it is another, and names the accounts and the ways out', async () => {
    await store(FIRST, 'acme', 'meta');
    await store(FIRST, 'shop', 'x');
    expect(await check(FIRST)).toBeNull();
    const error = await check(SECOND).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartupError);
    expect((error as Error).message).toBe(
      'SECRETS_KEY is not the key that sealed the credentials of account "acme" (meta), account ' +
        '"shop" (x): start with the former key, change it with npm run rotate-secrets, or set ' +
        'SECRETS_KEY_FORGET=true once to drop what cannot be opened and enter it again.',
    );
    expect(await stored()).toEqual(['acme meta', 'shop x']);
    expect(await check(FIRST)).toBeNull();
  });

  it('drops on request what it does not open, says whose, and keeps the rest', async () => {
    await store(FIRST, 'acme', 'meta');
    await store(SECOND, 'shop', 'x');
    expect(await check(SECOND, true)).toBe(
      'SECRETS_KEY_FORGET dropped the credentials of account "acme" (meta): enter them again.',
    );
    expect(await stored()).toEqual(['shop x']);
    expect(await check(SECOND, true)).toBeNull();
  });

  it('names no more accounts than a person reads', async () => {
    for (let number = 10; number < 35; number++) await store(FIRST, `shop${number}`, 'meta');
    await expect(check(SECOND)).rejects.toThrow('"shop29" (meta) and 5 more: start with');
  });
});
