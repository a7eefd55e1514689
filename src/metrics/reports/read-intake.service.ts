// What a bulk report says beside its items: for whom, and as of when.
import assert from 'node:assert/strict';
import type { Account, AccountScope, Principal } from '../../accounts/index.js';
import { FaultCollector } from '../../shared/index.js';
import { asOfFrom } from './as-of.js';

/** @throws DomainError 400 with every fault of the body and its `as_of` at once. */
export async function readIntake<Lists>(
  scope: AccountScope,
  intake: { read(body: unknown, query: unknown): Lists },
  caller: Principal,
  ...[body, query]: [body: unknown, query: unknown]
): Promise<{ lists: Lists; account: Account; asOf: Date }> {
  const faults = new FaultCollector();
  const lists = await faults.of(() => intake.read(body, query));
  const account = await faults.of(() => scope.account(caller));
  const asOf = account && (await faults.of(() => scope.asOf(account, asOfFrom(body, query))));
  faults.end();
  assert(lists && account && asOf, 'what was refused is told above');
  return { lists, account, asOf };
}
