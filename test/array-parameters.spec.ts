// What PostgreSQL reads in the arrays that we write out ourselves.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import {
  bigintArray,
  floatArray,
  instantArray,
  integerArray,
  smallintArray,
  textArray,
  uuidArray,
} from '../src/shared/index.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function read(type: string, parameter: string | Buffer): Promise<unknown> {
  const [row]: { list: unknown }[] = await server.app
    .get(DataSource)
    .query(`select to_json($1::${type}[]) as list`, [parameter]);
  return row?.list;
}

const listOf = <T>(element: fc.Arbitrary<T>) => fc.array(fc.option(element), { maxLength: 20 });
const whole = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });

async function agrees<T>(
  type: string,
  list: fc.Arbitrary<T[]>,
  write: (values: T[]) => string | Buffer,
  shown: (value: T) => unknown = (value) => value,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(list, async (values) => {
      expect(await read(type, write(values))).toEqual(values.map(shown));
    }),
    { numRuns: 30 },
  );
}

describe('an array parameter', () => {
  it('carries whole numbers of any size, and nulls', async () => {
    await agrees('smallint', listOf(whole(16)), smallintArray);
    await agrees('integer', listOf(whole(32)), integerArray);
    await agrees('bigint', listOf(fc.maxSafeInteger()), bigintArray);
  });

  it('carries fractions to the bit', async () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    await agrees('float8', listOf(double), floatArray);
  });

  it('carries instants of before and after 2000, to the millisecond', async () => {
    const instant = fc.integer({ min: Date.UTC(1950), max: Date.UTC(2100) });
    await agrees('timestamptz', listOf(instant), instantArray, (value) =>
      value === null ? null : expect.stringContaining(isoStart(value)),
    );
  });

  it('carries digests and texts of any content', async () => {
    const digit = fc.constantFrom(...'0123456789abcdef');
    const digest = fc.array(digit, { minLength: 32, maxLength: 32 }).map((all) => all.join(''));
    await agrees('uuid', fc.array(digest, { maxLength: 20 }), uuidArray, (value) =>
      value.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    );
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\u0000'));
    await agrees('text', listOf(text), textArray);
  });
});

/** As PostgreSQL writes it, without the trailing zeros that it leaves out. */
function isoStart(at: number): string {
  return new Date(at)
    .toISOString()
    .slice(0, -1)
    .replace(/\.?0+$/, '');
}
