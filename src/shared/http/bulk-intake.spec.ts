import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DomainError } from '../errors.js';
import { BulkIntake, type IntakeLists } from './bulk-intake.js';
import type { IntakeAnswer } from './intake.js';
import { Id, Type } from './schema.js';

const AS_OF = { as_of: Type.Optional(Type.String({ format: 'date-time' })) };
const intake = new BulkIntake({
  lists: { good: Type.Object({ id: Id('An id.') }), other: Type.Object({}) },
  code: 'things.invalid',
  others: AS_OF,
  query: AS_OF,
});
const ids = (...names: string[]) => names.map((id) => ({ id }));

/** A room that trips over `boom` wherever it meets it, and rejects `bad`. */
function room(stored: string[], error: () => Error = () => new TypeError('x')) {
  return async (lists: IntakeLists): Promise<IntakeAnswer> => {
    const items = lists['good'] as { id: string }[];
    if (items.some(({ id }) => id === 'boom')) throw error();
    const rejected = items.flatMap(({ id }, index) =>
      id === 'bad'
        ? [{ index, code: 'things.bad', detail: 'is bad', pointer: `/good/${index}/id` }]
        : [],
    );
    const kept = items.filter(({ id }) => id !== 'bad');
    stored.push(...kept.map(({ id }) => id));
    return { accepted: kept.length, duplicates: 0, rejected };
  };
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));

describe('bulk intake', () => {
  it('rejects by index what its room cannot hold, and keeps the rest once', async () => {
    const stored: string[] = [];
    const lists = { good: ids('a', 'bad', 'b', 'boom', 'c', 'bad', 'boom', 'd'), other: [] };
    const answer = await intake.take(lists, room(stored));
    expect(stored).toEqual(['a', 'b', 'c', 'd']);
    expect(answer).toEqual({
      accepted: 4,
      duplicates: 0,
      rejected: [
        { index: 1, code: 'things.bad', detail: 'is bad', pointer: '/good/1/id' },
        { index: 3, code: 'things.invalid', detail: expect.any(String), pointer: '/good/3' },
        { index: 5, code: 'things.bad', detail: 'is bad', pointer: '/good/5/id' },
        { index: 6, code: 'things.invalid', detail: expect.any(String), pointer: '/good/6' },
      ],
    });
  });

  it.each([
    ['a value that the database refuses', { code: '22021' }, true],
    ['a constraint', { driverError: { code: '23514' } }, true],
    ['a lost connection', { code: 'ECONNRESET' }, false],
    ['a database that shuts down', { code: '57P01' }, false],
  ])('isolates errors of content, not those of infrastructure: %s', async (_, fields, isolates) => {
    const error = () => Object.assign(new Error('failed'), fields);
    const taking = intake.take({ good: ids('a', 'boom'), other: [] }, room([], error));
    if (isolates) expect(await taking).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
    else await expect(taking).rejects.toThrow('failed');
  });

  it('lets a refusal of the whole request through', async () => {
    const refusal = () => new DomainError(409, 'things.conflict', 'No.');
    await expect(
      intake.take({ good: ids('boom', 'a'), other: [] }, room([], refusal)),
    ).rejects.toThrow('No.');
  });

  it('tells unknown fields of items, without the data of people', async () => {
    const lists = {
      good: [
        { id: 'a', idd: 1 },
        { id: 'b', 'jane@example.com': 1 },
      ],
      other: [{ x: 1 }],
    };
    const { warnings } = await intake.take(lists, room([]));
    expect(warnings).toEqual([
      { index: 0, field: 'idd' },
      { index: 1, field: expect.not.stringContaining('jane') },
      { index: 0, field: 'x' },
    ]);
  });

  it('names every fault of a body at once', () => {
    const faultsOf = (body: unknown, query: unknown = {}) => {
      try {
        intake.read(body, query);
        return [];
      } catch (error) {
        return (error as DomainError).extras.errors?.map(({ pointer }) => pointer);
      }
    };
    expect(faultsOf({ as_of: 'now', goods: [1], account_id: 7 })?.sort()).toEqual([
      '/account_id',
      '/as_of',
      '/good',
      '/goods',
    ]);
    const query = { dry_run: 'true', 'account_id[]': 'x', as_of: 'now', account_id: 'a' };
    expect(faultsOf({ other: [{}] }, query)?.sort()).toEqual([
      ...['/account_id[]', '/as_of', '/dry_run'],
    ]);
    expect(faultsOf(null)).toEqual(['/good']);
    expect(faultsOf({ good: {}, other: [{}] })).toEqual(['/good']);
    expect(faultsOf({ other: [{}], as_of: '2026-11-22T08:00:00Z', account_id: 'a' })).toEqual([]);
    expect(() =>
      intake.read({ good: Array(600).fill({}), other: Array(401).fill({}) }, {}),
    ).toThrow(expect.objectContaining({ status: 413 }));
  });
});
