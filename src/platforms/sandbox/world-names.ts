// Names and creative attributes of simulated ads, so that pages and weight maps have something real
// to show. They carry no information about the hidden rates: whoever learns from them learns noise.
import { derivedSeed } from '../../shared/random.js';
import type { WorldName } from './world-spec.js';
import type { SandboxCreative } from './world-state.js';

interface AdIdentity {
  adId: string;
  campaignId: string;
  campaignName: string;
  name: string;
  creative: SandboxCreative;
}

interface Theme {
  title: string;
  text: string;
  hook: string;
  callToAction: string;
}

const CAMPAIGNS = [
  { name: 'Prospecting – broad', audience: 'broad' },
  { name: 'Lookalike – best customers', audience: 'lookalike' },
  { name: 'Retargeting – site visitors', audience: 'retargeting' },
];

const FORMATS = [
  { label: 'video 15 s', format: 'video', duration: 15 },
  { label: 'image', format: 'image' },
  { label: 'carousel', format: 'carousel' },
  { label: 'video 30 s', format: 'video', duration: 30 },
];

const THEMES: Record<WorldName, readonly Theme[]> = {
  ecom: [
    theme('Spring collection', 'New colours, same soft cotton.', 'curiosity', 'shop_now'),
    theme('Free shipping week', 'Delivered free until Sunday.', 'urgency', 'shop_now'),
    theme('Customer favourites', 'Rated 4.8 by 2,300 customers.', 'social_proof', 'shop_now'),
    theme('Built to last', 'Repaired for free, for life.', 'benefit', 'learn_more'),
  ],
  service: [
    theme('Free consultation', 'Half an hour, no obligation.', 'offer', 'book_now'),
    theme('Before and after', 'What changed in twelve weeks.', 'social_proof', 'learn_more'),
    theme('Three common mistakes', 'The second costs the most.', 'curiosity', 'learn_more'),
    theme('Last places in June', 'Four appointments are left.', 'urgency', 'book_now'),
  ],
  kag: [
    theme('Open evening', 'Meet the teachers on Thursday.', 'offer', 'sign_up'),
    theme('Career change', 'From the till to the keyboard.', 'story', 'learn_more'),
    theme('Course guide', 'Every course on two pages.', 'benefit', 'download'),
    theme('Early bird fee', 'Ten per cent less until Friday.', 'urgency', 'sign_up'),
  ],
};

/** Identity of the ad at `index` (from 0) of a world; ids look like Graph ids, unique per seed. */
export function adIdentity(seed: number, world: WorldName, index: number): AdIdentity {
  const campaign = index % CAMPAIGNS.length;
  const themes = THEMES[world];
  const subject = pick(themes, Math.floor(index / CAMPAIGNS.length));
  const shape = pick(FORMATS, index);
  // Twelve combinations of theme and format; a larger account shows later editions of the same.
  const edition = Math.floor(index / (CAMPAIGNS.length * themes.length));
  const { name: campaignName, audience } = pick(CAMPAIGNS, campaign);
  return {
    adId: graphId(seed, '0', index),
    campaignId: graphId(seed, '9', campaign),
    campaignName,
    name: `${subject.title} – ${shape.label}${edition > 0 ? ` (${edition + 1})` : ''}`,
    creative: {
      hook_type: subject.hook,
      cta_type: subject.callToAction,
      format: shape.format,
      ...(shape.duration === undefined ? {} : { duration_s: shape.duration }),
      audience,
      text: subject.text,
    },
  };
}

/** Eighteen digits: kept as strings everywhere, since they are above 2^53. */
function graphId(seed: number, kind: string, index: number): string {
  const account = String(derivedSeed(seed, 'graph ids')).padStart(10, '0');
  return `1202${account}${kind}${String(index).padStart(3, '0')}`;
}

function theme(title: string, text: string, hook: string, callToAction: string): Theme {
  return { title, text, hook, callToAction };
}

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}
