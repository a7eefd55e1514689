// Array parameters written out here, because the driver looks at every element several times.
// Numbers, instants and digests go in PostgreSQL's binary form (a header, then each element with
// its length), which neither side has to print or parse; texts in its text form, which is one join.

const QUOTED = /["\\]/;
const QUOTED_ALL = /["\\]/g;

/** A `text[]` (or `jsonb[]`, `boolean[]`, …) parameter. */
export function textArray(values: readonly (string | null)[]): string {
  if (values.length === 0) return '{}';
  // Mostly nothing has to be escaped, and two joins are quicker than a look at each.
  const isPlain = !values.includes(null) && !QUOTED.test(values.join(''));
  if (isPlain) return `{"${values.join('","')}"}`;
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    return QUOTED.test(value) ? `"${value.replace(QUOTED_ALL, '\\$&')}"` : `"${value}"`;
  });
  return `{${elements.join(',')}}`;
}

/** Type numbers of the elements, from PostgreSQL's pg_type.dat; they never change. */
const OID = { bigint: 20, smallint: 21, integer: 23, float: 701, instant: 1184, uuid: 2950 };
/** Dimensions, whether there are nulls, the elements' type; then length and lower bound. */
const HEADER_BYTES = 20;
const EMPTY_BYTES = 12;
const TWO_TO_32 = 2 ** 32;
const UNIX_MILLIS_OF_2000 = Date.UTC(2000, 0, 1);

/** Whole numbers, exact up to 2^53. */
export function bigintArray(values: readonly (number | null)[]): Buffer {
  return binaryArray(OID.bigint, 8, values, writeBigint);
}

export function integerArray(values: readonly (number | null)[]): Buffer {
  return binaryArray(OID.integer, 4, values, (at, value, to) => to.writeInt32BE(value, at));
}

export function smallintArray(values: readonly (number | null)[]): Buffer {
  return binaryArray(OID.smallint, 2, values, (at, value, to) => to.writeInt16BE(value, at));
}

/** A `float8[]` parameter. */
export function floatArray(values: readonly (number | null)[]): Buffer {
  return binaryArray(OID.float, 8, values, (at, value, to) => to.writeDoubleBE(value, at));
}

/** A `timestamptz[]` parameter from Unix milliseconds; parts of them are cut off. */
export function instantArray(values: readonly (number | null)[]): Buffer {
  return binaryArray(OID.instant, 8, values, (at, value, to) =>
    writeBigint(at, (Math.trunc(value) - UNIX_MILLIS_OF_2000) * 1000, to),
  );
}

/** A `uuid[]` parameter from 32 hexadecimal digits each. */
export function uuidArray(values: readonly string[]): Buffer {
  const bytes = Buffer.from(values.join(''), 'hex');
  return binaryArray(OID.uuid, 16, values, (at, _value, to, place) =>
    bytes.copy(to, at, place * 16, place * 16 + 16),
  );
}

function binaryArray<T>(
  oid: number,
  size: number,
  values: readonly (T | null)[],
  write: (at: number, value: T, to: Buffer, place: number) => void,
): Buffer {
  const isEmpty = values.length === 0;
  const room = HEADER_BYTES + values.length * (4 + size);
  const to = Buffer.allocUnsafe(isEmpty ? EMPTY_BYTES : room);
  to.writeInt32BE(isEmpty ? 0 : 1, 0);
  to.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  to.writeInt32BE(oid, 8);
  if (isEmpty) return to;
  to.writeInt32BE(values.length, 12);
  to.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] as T | null;
    to.writeInt32BE(value === null ? -1 : size, at);
    at += 4;
    if (value === null) continue;
    write(at, value, to, place);
    at += size;
  }
  return to.subarray(0, at);
}

function writeBigint(at: number, value: number, to: Buffer): void {
  to.writeInt32BE(Math.floor(value / TWO_TO_32), at);
  to.writeUInt32BE(value >>> 0, at + 4);
}
