// JSON of many megabytes written in steps: at once it would keep everybody else waiting.

/** A step writes so many items of an array, about a millisecond's worth. */
const ITEMS = 64;
const PIECE_LENGTH = 64 * 1024;

/** Together the bytes that `JSON.stringify` would write. */
export function* jsonPieces(value: object): Generator<void, Buffer[]> {
  const pieces: Buffer[] = [];
  let text = '';
  for (const part of partsOf(value)) {
    text += part;
    if (text.length >= PIECE_LENGTH) {
      pieces.push(Buffer.from(text));
      text = '';
    }
    yield;
  }
  if (text !== '') pieces.push(Buffer.from(text));
  return pieces;
}

function* partsOf(value: unknown): Generator<string, void> {
  if (Array.isArray(value) && value.length > ITEMS) {
    for (let from = 0; from < value.length; from += ITEMS) {
      const items = JSON.stringify(value.slice(from, from + ITEMS)).slice(1, -1);
      yield `${from === 0 ? '[' : ','}${items}`;
    }
    yield ']';
  } else if (isPlain(value)) {
    let lead = '{';
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue;
      yield `${lead}${JSON.stringify(name)}:`;
      yield* partsOf(field);
      lead = ',';
    }
    yield lead === '{' ? '{}' : '}';
  } else {
    yield JSON.stringify(value);
  }
}

/** Whatever has a form of its own for JSON, such as a date, is not taken apart. */
function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !('toJSON' in value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}
