// What must not differ between two texts that share an answer. No cosine tells a sentence from its
// reversal or its negation (measured on nine encoders: .83 to .9997), so these are compared as
// such.
import { normalized } from './question.js';

export interface TextMarks {
  /** Numbers with what is glued to them: "50%", "3x", "2026-11-22". */
  numbers: string[];
  negations: number;
  /** Capitalised words that do not open a sentence, and words with capitals inside. */
  names: string[];
  /** May be names too: words that open a sentence, and words in capitals in a text that is not. */
  maybeNames: string[];
  /** Words that carry meaning, in order. */
  content: string[];
}

const NEGATIONS = new Set(
  (
    'no not never none nothing nobody neither nor without cannot dont doesnt didnt isnt arent wasnt ' +
    'werent wont wouldnt cant couldnt shouldnt hasnt havent kein keine keinen nicht nie ohne ' +
    'hadnt mustnt neednt aint mightnt hardly niemals nichts keiner keines weder ' +
    'sin nunca ningun ninguna jamás nada ni pas jamais sans aucun aucune rien non mai senza ' +
    'não nao sem nem niet geen zonder nooit inte ingen utan aldrig ikke uden uten nie bez brak ' +
    'не нет без никогда değil yok لا ليس بدون नहीं'
  ).split(' '),
);
/** Scripts that set no spaces between words. */
const WRITTEN_TOGETHER = /[不没沒無无非未勿别]|ない|ません|않|없/gu;
const NUMBER_WORDS = new Set(
  (
    'zero one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty ' +
    'fifty hundred thousand million half double twice triple first second third ' +
    'zwei drei vier fünf sechs sieben acht neun zehn doppelt halb dos tres cuatro cinco seis siete ' +
    'ocho nueve diez doble mitad deux trois quatre cinq sept huit neuf dix moitié due tre quattro'
  ).split(' '),
);
const FILLERS = new Set(
  (
    'a an the and or of to in on at by for with from as is are was were be been it its this that ' +
    'these those you your we our us i my me they their he she his her so just now really very'
  ).split(' '),
);

/**
 * Words that open the texts of ads every day and are nobody's name; none is the opposite of
 * another.
 */
const OPENERS = new Set(
  (
    'get grab buy shop order purchase book try discover find explore see look watch meet join enjoy ' +
    'learn read choose pick take visit claim love treat upgrade unlock boost improve introducing new ' +
    'fresh cheap affordable inexpensive best better great good perfect beautiful easy simple fast ' +
    'quick limited exclusive comfortable cozy sale deal deals offer offers hurry'
  ).split(' '),
);

export function marksOf(text: string): TextMarks {
  const words = normalized(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const plain =
    normalized(text)
      .replace(/['’]/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return {
    numbers: [
      ...(normalized(text).match(/[^\s\p{L}]*\p{N}[^\s]*|[\p{Sc}%]/gu) ?? []),
      ...words.filter((word) => NUMBER_WORDS.has(word)),
    ].sort(),
    negations:
      plain.filter((word) => NEGATIONS.has(word)).length +
      (normalized(text).match(WRITTEN_TOGETHER) ?? []).length,
    ...namesIn(text),
    content: words.filter((word) => !FILLERS.has(word)),
  };
}

/** Whether the texts may share an answer as far as these marks go. */
export function agree(left: TextMarks, right: TextMarks): boolean {
  return (
    same(left.numbers, right.numbers) &&
    left.negations === right.negations &&
    same(left.names, right.names) &&
    left.maybeNames.every((word) => right.content.includes(word)) &&
    right.maybeNames.every((word) => left.content.includes(word)) &&
    sameOrder(left.content, right.content)
  );
}

/** The words that both have stand in the same order: "dog bites man" is not "man bites dog". */
function sameOrder(left: string[], right: string[]): boolean {
  const [inLeft, inRight] = [new Set(left), new Set(right)];
  return same(
    left.filter((word) => inRight.has(word)),
    right.filter((word) => inLeft.has(word)),
  );
}

function namesIn(text: string): Pick<TextMarks, 'names' | 'maybeNames'> {
  const names: string[] = [];
  const maybeNames: string[] = [];
  const isShouted = text === text.toUpperCase();
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    const word = match[0];
    const before = text.slice(0, match.index).trimEnd();
    const opens = before === '' || /[.!?:\n–—"“-]$/u.test(before);
    const capital = /^\p{Lu}\p{Ll}/u.test(word);
    const plain = normalized(word);
    if ((capital && !opens) || /\p{Ll}\p{Lu}/u.test(word)) names.push(plain);
    else if ((capital || (!isShouted && /^\p{Lu}{2}/u.test(word))) && !isPlain(plain)) {
      maybeNames.push(plain);
    }
  }
  return { names: names.sort(), maybeNames };
}

function isPlain(word: string): boolean {
  return FILLERS.has(word) || OPENERS.has(word);
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word, index) => word === right[index]);
}
