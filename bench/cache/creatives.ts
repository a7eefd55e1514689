// Creatives of a day: those of an account, re-worded copies, truly new ones, and ones that differ
// from an old one in a single thing that matters.
import type { Random } from '../../src/shared/random.js';
import { pick } from '../decision-account.js';

export interface DayCreative {
  hook_type: string;
  format: string;
  duration_s: number;
  text: string;
}

export type NewKind = 'reworded' | 'new' | 'number' | 'name' | 'negation';

const HOOKS = ['question', 'number', 'story', 'offer', 'proof'];
const FORMATS = ['video', 'image', 'carousel'];
const LENGTHS = [6, 15, 30];
const MADE = 'handmade,waterproof,light,warm,vegan,recycled,classic,colourful,wide,sturdy'.split(
  ',',
);
const THINGS = 'shoes,boots,sandals,sneakers,slippers,socks,insoles,laces,gloves,jackets'.split(
  ',',
);
const USES = 'walks,hikes,dances,journeys,runs,nights,shifts,mornings,weddings,games'.split(',');
const PLACES = 'Berlin,Hamburg,Vienna,Oslo,Lisbon,Zurich,Paris,Milan,Ghent,Leeds'.split(',');
const TIMES = 'autumn,winter,spring,summer,morning,evening,holiday,weekend,market,season'.split(
  ',',
);

export function dayCreative(random: Random): DayCreative {
  const text =
    `${capital(pick(MADE, random))} ${pick(THINGS, random)} are made for long ${pick(USES, random)} ` +
    `around ${pick(PLACES, random)} in the ${pick(TIMES, random)}, and ${pick(MADE, random)} ` +
    `${pick(THINGS, random)} come along. Save ${5 + Math.floor(random.uniform() * 90)} percent today`;
  return {
    hook_type: pick(HOOKS, random),
    format: pick(FORMATS, random),
    duration_s: pick(LENGTHS, random),
    text,
  };
}

export function newCreative(kind: NewKind, old: DayCreative, random: Random): DayCreative {
  if (kind === 'new') return dayCreative(random);
  return { ...old, text: changed(kind, old.text, random) };
}

function changed(kind: Exclude<NewKind, 'new'>, text: string, random: Random): string {
  switch (kind) {
    case 'reworded':
      // What a person does to a copy: fillers and punctuation, nothing of substance.
      return text
        .replace(' in the ', pick([' on the ', ' by the '], random))
        .replace(', and', pick([' and', '; and', ', and your'], random))
        .replace(' today', pick([' now', ' today!', ' just today'], random));
    case 'number':
      return text.replace(/Save (\d+)/, (_, amount: string) => `Save ${Number(amount) + 5}`);
    case 'name':
      return text.replace(/around (\w+)/, (_, place: string) => {
        return `around ${PLACES[(PLACES.indexOf(place) + 1) % PLACES.length]}`;
      });
    case 'negation':
      return text.replace(' are made', ' are not made');
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
