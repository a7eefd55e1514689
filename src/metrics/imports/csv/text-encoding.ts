// What the first bytes say about a file's encoding, and the byte arithmetic of decoding it
// piecewise.

/** The bytes are not text in any encoding we read; the message is one sentence for the user. */
export class UnreadableText extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableText';
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';
interface Sniffed {
  encoding: Encoding;
  bomBytes: number;
}

/**
 * Enough header text to tell UTF-16 without a mark from UTF-8; less would rest on a word or two.
 */
export const SNIFF_BYTES = 512;
/** Latin text in UTF-16 has a NUL in nearly every pair; names in other scripts thin that out. */
const NUL_SHARE_OF_UTF16 = 0.3;
/** 0x80–0x9f of windows-1252 (WHATWG index); the five gaps are control characters there too. */
const WINDOWS_1252_HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Reads the byte order mark, else the pattern of NUL bytes; refuses what is plainly no text. */
export function sniffEncoding(head: Uint8Array): Sniffed {
  const [a, b, c, d] = head;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) {
    throw new UnreadableText(
      'this is an Excel workbook or a ZIP archive, not a CSV file: export it as .csv',
    );
  }
  const nuls = [0, 0];
  const sample = head.subarray(0, SNIFF_BYTES);
  sample.forEach((byte, at) => {
    if (byte === 0) nuls[at % 2]! += 1;
  });
  const [even, odd] = nuls as [number, number];
  const enough = (sample.length / 2) * NUL_SHARE_OF_UTF16;
  if (odd > enough && even < odd / 10) return { encoding: 'utf-16le', bomBytes: 0 };
  if (even > enough && odd < even / 10) return { encoding: 'utf-16be', bomBytes: 0 };
  if (even + odd > 0) throw new UnreadableText('this is a binary file, not a CSV file');
  return { encoding: 'utf-8', bomBytes: 0 };
}

/** Bytes of a UTF-8 sequence cut off by the chunk's end (0–3). */
export function unfinishedTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

// By table and not by TextDecoder('windows-1252'): some Node releases read that label as latin1.
export function windows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252_HIGH[character.charCodeAt(0) - 0x80]!);
}
