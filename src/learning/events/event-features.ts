// What callers tell of a click is stored as told, unless it is a person: addresses, phone numbers and
// fields named after them become digests. Equal ones stay equal, so what can be learned is the same.
import { createHash } from 'node:crypto';
import { isPersonalName, looksPersonal } from '../../shared/personal-data.js';

type Features = Readonly<Record<string, number | string | null>>;

/** Names are few and come again with every event; a flood of new ones is not remembered. */
const NAMES_MAX = 1000;
const personalNames = new Map<string, boolean>();

export function withoutPersons(
  features: Features | null,
): Record<string, number | string | null> | null {
  if (features === null) return null;
  const result: Record<string, number | string | null> = {};
  for (const [name, value] of Object.entries(features)) {
    const isPerson = isPersonal(name) || (typeof value === 'string' && looksPersonal(value));
    result[looksPersonal(name) ? digestOf(name) : name] =
      isPerson && value !== null ? digestOf(String(value)) : value;
  }
  return result;
}

function isPersonal(name: string): boolean {
  const known = personalNames.get(name);
  if (known !== undefined) return known;
  const personal = isPersonalName(name);
  if (personalNames.size < NAMES_MAX) personalNames.set(name, personal);
  return personal;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text.trim().toLowerCase()).digest('hex')}`;
}
