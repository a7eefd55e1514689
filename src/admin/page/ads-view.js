// The ads with what they brought and what is believed of them, intervals drawn to one scale per
// column so that the eye can compare.
import { chip, el, notKnown, svg, table } from './dom.js';
import { count, money, percent, significant } from './format.js';

const STATUS_TONES = { active: 'good', paused: 'warn', archived: 'calm' };
const BAR = { width: 88, height: 10 };
/** One vague ad must not squash all others: the scale ends at this many times the best mean. */
const SCALE_MEANS = 2.5;

export function adsTable({ items, next_cursor: more }, currency, showMore) {
  if (items.length === 0) {
    return el('p', { class: 'empty' }, 'No ads yet: register some or bring in an export.');
  }
  const ads = [...items].sort((left, right) => spendOf(right) - spendOf(left));
  const interval = (name, format) => {
    const scale = scaleOf(ads.map((ad) => ad.belief?.[name] ?? null));
    return (ad) => intervalCell(ad.belief?.[name] ?? null, scale, format);
  };
  const columns = [
    { title: 'Ad', cell: adName, wide: true },
    { title: 'Status', cell: (ad) => chip(ad.status, STATUS_TONES[ad.status]) },
    { title: 'Budget a day', cell: (ad) => known(money(ad.daily_budget, currency)), number: true },
    { title: 'Spend', cell: (ad) => known(money(totalsOf(ad)?.spend, currency)), number: true },
    { title: 'Conversions', cell: (ad) => known(count(totalsOf(ad)?.conversions)), number: true },
    { title: 'Click rate', cell: interval('ctr', percent) },
    { title: 'Conversion rate', cell: interval('cvr', percent) },
    { title: 'Return on spend', cell: interval('roas', significant) },
  ];
  const order = more === null ? 'By spend.' : `The first ${items.length} by id, sorted by spend.`;
  const caption = `${order} Rates are means with 95 % intervals: the wider, the less is known.`;
  return [
    table(caption, columns, ads, (ad) => ad.ad_id),
    more === null
      ? null
      : el('button', { class: 'quiet', type: 'button', onclick: showMore }, 'Show more ads'),
  ];
}

function spendOf(ad) {
  return totalsOf(ad)?.spend ?? -1;
}

/** Totals that no report stands behind are not known, whatever figures they carry. */
function totalsOf({ totals }) {
  return totals?.observed_at ? totals : null;
}

function adName(ad) {
  const name = ad.name ?? ad.ad_id;
  const id = ad.name === null ? null : el('span', { class: 'small id' }, ad.ad_id);
  return [el('span', { class: 'name' }, name), id];
}

function known(text) {
  return text ?? notKnown();
}

function scaleOf(intervals) {
  const given = intervals.filter((interval) => interval !== null);
  const highest = Math.max(0, ...given.map(({ hi }) => hi));
  const best = Math.max(0, ...given.map(({ mean }) => mean));
  return Math.min(highest, best * SCALE_MEANS) || 1;
}

function intervalCell(interval, scale, format) {
  if (interval === null) return notKnown();
  const { mean, lo, hi } = interval;
  return el(
    'div',
    { class: 'interval' },
    bar(interval, scale),
    el('span', { class: 'mean' }, format(mean)),
    el('span', { class: 'small range' }, `${strip(format(lo))} – ${strip(format(hi))}`),
  );
}

/** The unit stands behind the mean already. */
function strip(text) {
  return text.replace(' %', '');
}

function bar({ mean, lo, hi }, scale) {
  const x = (value) => Math.min(1, Math.max(0, value / scale)) * BAR.width;
  const middle = BAR.height / 2;
  return svg(
    'svg',
    { viewBox: `0 0 ${BAR.width} ${BAR.height}`, class: 'bar', 'aria-hidden': 'true' },
    svg('line', { x1: 0, x2: BAR.width, y1: middle, y2: middle, class: 'bar-track' }),
    svg('line', {
      x1: x(lo),
      x2: Math.max(x(lo) + 1, x(hi)),
      y1: middle,
      y2: middle,
      class: 'bar-range',
    }),
    svg('circle', {
      cx: Math.min(BAR.width - 4, Math.max(4, x(mean))),
      cy: middle,
      r: 4,
      class: 'bar-mean',
    }),
  );
}
