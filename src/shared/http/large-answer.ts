// An answer whose JSON is written already, sent piece by piece.
import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';

export function largeAnswer(pieces: readonly Buffer[]): StreamableFile {
  return new StreamableFile(Readable.from(pieces), {
    type: 'application/json; charset=utf-8',
    length: pieces.reduce((sum, { length }) => sum + length, 0),
  });
}
