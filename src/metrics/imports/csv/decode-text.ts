// Bytes to text, piece by piece. Ads Manager writes UTF-8, its Excel variant UTF-16, and a file
// that went through a spreadsheet on Windows is often windows-1252 without saying so. A wrong guess
// would put mangled names on ads for good, so the fallback is taken only where the bytes prove it.
import {
  SNIFF_BYTES,
  sniffEncoding,
  unfinishedTail,
  UnreadableText,
  windows1252,
} from './text-encoding.js';

/**
 * Decodes a byte stream. `warn` hears a sentence when the text is read by a fallback; what cannot
 * be read throws UnreadableText after all text before the fault has been yielded.
 */
export async function* decodeText(
  source: AsyncIterable<Uint8Array>,
  warn: (sentence: string) => void,
): AsyncGenerator<string> {
  let head: Buffer | null = Buffer.alloc(0);
  let decoder: ChunkDecoder | null = null;
  for await (const chunk of source) {
    let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (head !== null) {
      head = Buffer.concat([head, bytes]);
      if (head.length < SNIFF_BYTES) continue;
      bytes = head;
      head = null;
    }
    const first: boolean = decoder === null;
    decoder ??= openDecoder(bytes, warn);
    yield* decoder.push(first ? bytes.subarray(decoder.bomBytes) : bytes, false);
  }
  if (head !== null) {
    decoder = openDecoder(head, warn);
    yield* decoder.push(head.subarray(decoder.bomBytes), true);
  } else if (decoder !== null) {
    yield* decoder.push(Buffer.alloc(0), true);
  }
}

interface ChunkDecoder {
  bomBytes: number;
  push(bytes: Buffer, last: boolean): Generator<string>;
}

function openDecoder(head: Buffer, warn: (sentence: string) => void): ChunkDecoder {
  const { encoding, bomBytes } = sniffEncoding(head);
  if (encoding === 'utf-8') return new Utf8Decoder(bomBytes, warn);
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    bomBytes,
    *push(bytes, last) {
      const text = decoder.decode(bytes, { stream: !last });
      if (text !== '') yield text;
    },
  };
}

/**
 * Strict UTF-8 until a byte proves otherwise; then windows-1252 if nothing before spoke for UTF-8.
 */
class Utf8Decoder implements ChunkDecoder {
  private readonly strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private carry = Buffer.alloc(0);
  private sawUtf8: boolean;
  private fellBack = false;

  constructor(
    readonly bomBytes: number,
    private readonly warn: (sentence: string) => void,
  ) {
    this.sawUtf8 = bomBytes > 0;
  }

  *push(chunk: Buffer, last: boolean): Generator<string> {
    if (this.fellBack) return yield windows1252(chunk);
    const bytes = this.carry.length > 0 ? Buffer.concat([this.carry, chunk]) : chunk;
    const whole = last ? bytes.length : bytes.length - unfinishedTail(bytes);
    // A copy: a view would keep the whole chunk alive until the next one.
    this.carry = Buffer.from(bytes.subarray(whole));
    const part = bytes.subarray(0, whole);
    if (part.length === 0) return;
    const text = this.decodeStrictly(part);
    if (text !== null) {
      this.sawUtf8 ||= text.length !== part.length;
      return yield text;
    }
    const sound = part.toString('utf8').split('\uFFFD', 1)[0]!;
    if (this.sawUtf8 || Buffer.byteLength(sound) !== sound.length) {
      yield sound;
      throw new UnreadableText('the text is UTF-8 but holds a byte that is not valid there');
    }
    this.fellBack = true;
    this.warn('the file is not UTF-8: it is read as windows-1252 (check names with accents)');
    yield windows1252(bytes);
  }

  private decodeStrictly(part: Buffer): string | null {
    try {
      return this.strict.decode(part);
    } catch {
      return null;
    }
  }
}
