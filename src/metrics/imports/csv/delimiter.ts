// Which character parts a file's cells, read off its first lines. Counting happens outside quotes,
// because "CPM (cost per 1,000 impressions)" is one cell.

export type Delimiter = ',' | ';' | '\t';

export interface DelimitedShape {
  delimiter: Delimiter;
  /** Characters before the header: the length of Excel's `sep=;` line, else 0. */
  headerAt: number;
  /** Physical line of the character at `headerAt`. */
  headerLine: number;
}

// On a tie the rarer character wins: tabs and semicolons hardly ever stand inside a header name.
const CANDIDATES: readonly Delimiter[] = ['\t', ';', ','];

/** `sample` is the beginning of the text, long enough to hold the header. */
export function detectShape(sample: string): DelimitedShape {
  const excel = /^"?sep=([,;\t])"?[ \t;,]*(\r\n|\n|\r)/i.exec(sample);
  if (excel) {
    const delimiter = excel[1] as Delimiter;
    return { delimiter, headerAt: excel[0].length, headerLine: 2 };
  }
  return { delimiter: delimiterOf(sample), headerAt: 0, headerLine: 1 };
}

function delimiterOf(sample: string): Delimiter {
  const counts = { '\t': 0, ';': 0, ',': 0 };
  let quoted = false;
  let begun = false;
  for (const character of sample) {
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    // Blank lines above the header say nothing.
    if ((character === '\n' || character === '\r') && begun) break;
    if (character.trim() !== '') begun = true;
    if (character === '\t' || character === ';' || character === ',') counts[character] += 1;
  }
  const best = CANDIDATES.reduce((one, other) => (counts[other] > counts[one] ? other : one));
  return counts[best] > 0 ? best : ',';
}
