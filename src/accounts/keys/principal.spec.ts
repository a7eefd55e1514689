import { describe, expect, it } from '@jest/globals';
import { refusalFor, type KeyRole, type Principal } from './principal.js';

const key = (role: KeyRole): Principal => ({
  kind: 'account',
  accountId: 'a',
  keyId: 'k',
  name: 'n',
  role,
});
const open = { adminOnly: false, ingest: false };

describe('refusalFor', () => {
  it.each<[string, Principal, string, { adminOnly: boolean; ingest: boolean }, string | null]>([
    [
      'the administrator everything',
      { kind: 'admin', name: 'admin' },
      'POST',
      { adminOnly: true, ingest: false },
      null,
    ],
    ['a full key what is not the administrator’s', key('full'), 'POST', open, null],
    [
      'no key what is the administrator’s',
      key('full'),
      'GET',
      { adminOnly: true, ingest: false },
      'auth.admin_only',
    ],
    ['a read key reading', key('read'), 'GET', open, null],
    [
      'a read key no writing, intake included',
      key('read'),
      'POST',
      { adminOnly: false, ingest: true },
      'auth.read_only_key',
    ],
    ['an ingest key its intake', key('ingest'), 'POST', { adminOnly: false, ingest: true }, null],
    [
      'an ingest key nothing else, reading included',
      key('ingest'),
      'GET',
      open,
      'auth.ingest_only_key',
    ],
  ])('allows %s', (_name, caller, method, route, code) => {
    expect(refusalFor(caller, method, route)?.code ?? null).toBe(code);
  });
});
