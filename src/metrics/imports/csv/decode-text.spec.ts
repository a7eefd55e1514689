import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeText } from './decode-text.js';
import { UnreadableText, unfinishedTail } from './text-encoding.js';

async function decoded(bytes: Uint8Array, size = 7): Promise<{ text: string; warnings: string[] }> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const warnings: string[] = [];
  let text = '';
  for await (const piece of decodeText(pieces(), (sentence) => warnings.push(sentence))) {
    text += piece;
  }
  return { text, warnings };
}

const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const long = 'Campaign name,Ad name\n'.repeat(60);

describe('decodeText', () => {
  it('reads UTF-8 with and without a byte order mark, characters cut by a piece included', async () => {
    const text = `${long}Übung 💶 été\n`;
    const bytes = Buffer.from(text);
    for (const size of [1, 3, 600, 1e6]) {
      expect(await decoded(bytes, size)).toEqual({ text, warnings: [] });
    }
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    expect(await decoded(marked, 5)).toEqual({ text, warnings: [] });
  });

  it('reads UTF-16 of both orders, by its mark or by its zero bytes', async () => {
    const text = `${long}Übung 💶\n`;
    const files = [
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), bigEndian(text)]),
      Buffer.from(text, 'utf16le'),
      bigEndian(text),
      Buffer.from('a,b\n1,2\n', 'utf16le'),
    ];
    for (const file of files.slice(0, 4)) {
      expect(await decoded(file, 13)).toEqual({ text, warnings: [] });
    }
    expect((await decoded(files[4]!)).text).toBe('a,b\n1,2\n');
  });

  it('falls back to windows-1252 with a warning when nothing before spoke for UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${long}Caf`),
      Buffer.from([0xe9, 0x20, 0x80, 0x93, 10]),
    ]);
    for (const size of [1, 11, 1e6]) {
      const { text, warnings } = await decoded(bytes, size);
      expect(text).toBe(`${long}Café €“\n`);
      expect(warnings).toEqual([expect.stringContaining('windows-1252')]);
    }
    expect((await decoded(Buffer.from([0x41, 0xe9]))).text).toBe('Aé');
  });

  it('refuses a bad byte in text that is UTF-8, after the sound text before it', async () => {
    const bytes = Buffer.concat([Buffer.from('Übung,1\nb'), Buffer.from([0xff]), Buffer.from('c')]);
    const seen: string[] = [];
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    })();
    const reading = (async () => {
      for await (const text of decodeText(source, () => undefined)) seen.push(text);
    })();
    await expect(reading).rejects.toBeInstanceOf(UnreadableText);
    expect(seen.join('')).toBe('Übung,1\nb');
  });

  it('says so when the file is a workbook or no text at all', async () => {
    await expect(decoded(Buffer.from('PK\u0003\u0004rest'))).rejects.toThrow('Excel workbook');
    await expect(decoded(Buffer.from([1, 0, 0, 5, 9, 200, 0]))).rejects.toThrow('binary');
  });

  it('gives nothing for an empty file', async () => {
    expect(await decoded(Buffer.alloc(0))).toEqual({ text: '', warnings: [] });
  });

  it('finds every cut in a UTF-8 text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, place) => {
        const bytes = Buffer.from(text);
        const cut = bytes.subarray(0, place % (bytes.length + 1));
        const whole = cut.subarray(0, cut.length - unfinishedTail(cut)).toString();
        expect(Buffer.from(whole).equals(cut.subarray(0, Buffer.byteLength(whole)))).toBe(true);
        expect(whole.includes('\uFFFD')).toBe(text.includes('\uFFFD') && whole.includes('\uFFFD'));
      }),
    );
  });
});
