// A date of birth in any common order to YYYYMMDD. What stays ambiguous is decided by the country's
// habit; without a country by the separator (dots are written day first, slashes month first).

const YEAR_MIN = 1900;
const MONTH_FIRST_COUNTRIES = new Set(['us', 'ca', 'ph', 'fm', 'mh', 'pw']);
// How months begin in English, German, French, Spanish, Italian and Portuguese, without accents.
const MONTHS =
  'jan ene gen/feb fev/mar/apr abr avr/may mai mag/jun juin giu/jul juil lug/aug ago aou/sep set/oct okt ott out/nov/dec dez dic'
    .split('/')
    .map((names) => names.split(' '));

/** YYYYMMDD of a real day between 1900 and now, else null. */
export function parseBirthDate(value: string, country: string | null, now: Date): string | null {
  const text = value
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[t ]\d{1,2}:\d{2}.*$/, '');
  const parts = /^\d{8}$/.test(text)
    ? eightDigits(text, country, now)
    : threeParts(text, country, now);
  if (parts === null) return null;
  const [year, month, day] = parts;
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal || year < YEAR_MIN || date > now) return null;
  return `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;
}

type Parts = [year: number, month: number, day: number];

function eightDigits(text: string, country: string | null, now: Date): Parts | null {
  const [a, b, c] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)].map(Number) as Parts;
  if (a >= YEAR_MIN && a <= now.getUTCFullYear() && b >= 1 && b <= 12) return [a, b, c];
  const year = Number(text.slice(4));
  return ordered(Number(text.slice(0, 2)), Number(text.slice(2, 4)), year, country, '');
}

function threeParts(text: string, country: string | null, now: Date): Parts | null {
  const words =
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .match(/[a-z]{3,}/g) ?? [];
  const groups = text.match(/\d+/g) ?? [];
  if (words.length > 0) {
    const month = monthOf(words);
    if (month === null || groups.length !== 2) return null;
    const [first = '', second = ''] = groups;
    const isYearFirst = first.length === 4;
    const year = yearOf(isYearFirst ? first : second, now);
    return [year, month, Number(isYearFirst ? second : first)];
  }
  if (groups.length !== 3 || !/^[\d\s./,\-年月日]+$/u.test(text)) return null;
  const [first = '', second = '', third = ''] = groups;
  if (first.length === 4) {
    // Year, day, month is written nowhere; a second number above 12 can only be it all the same.
    const [b, c] = [Number(second), Number(third)];
    return b > 12 ? [Number(first), c, b] : [Number(first), b, c];
  }
  if (second.length > 2 || (third.length !== 4 && third.length !== 2)) {
    return Number(second) > 31
      ? ordered(Number(first), Number(third), Number(second), country, '')
      : null;
  }
  if (third.length === 2 && Number(first) > 31) {
    return [yearOf(first, now), Number(second), Number(third)];
  }
  const separator = /[./-]/.exec(text)?.[0] ?? '';
  return ordered(Number(first), Number(second), yearOf(third, now), country, separator);
}

/** 1–12; null when none of the words is a month, or two are ("mardi 16 février"). */
function monthOf(words: string[]): number | null {
  const named = words.flatMap((word) => {
    const month = MONTHS.findIndex((names) => names.some((name) => word.startsWith(name)));
    return month < 0 ? [] : [month + 1];
  });
  const [month] = named;
  return month !== undefined && new Set(named).size === 1 ? month : null;
}

/** Day and month in the order of the numbers, else of the country, else of the separator. */
function ordered(
  first: number,
  second: number,
  year: number,
  country: string | null,
  separator: string,
): Parts {
  if (first > 12) return [year, second, first];
  if (second > 12) return [year, first, second];
  const isMonthFirst = country === null ? separator !== '.' : MONTH_FIRST_COUNTRIES.has(country);
  return isMonthFirst ? [year, first, second] : [year, second, first];
}

/** Two digits mean the last hundred years: nobody is born in the future. */
function yearOf(text: string, now: Date): number {
  const number = Number(text);
  if (text.length !== 2) return number;
  const current = now.getUTCFullYear();
  const century = current - (current % 100);
  return century + number > current ? century - 100 + number : century + number;
}
