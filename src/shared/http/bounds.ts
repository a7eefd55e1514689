// How large a value may be before anything looks at its parts: a check that names every fault walks
// the whole of it, and what follows reads every text of it.
import type { InputFault } from '../errors.js';
import { withoutPersonalData } from '../personal-data.js';
import { escapePointer } from './problem.js';

export interface Bounds {
  /** Of lists and objects together, at any depth. */
  values: number;
  textCharacters: number;
  nameCharacters: number;
}

/** An item of a bulk request: a thousand features and a long text at the most. */
export const ITEM_BOUNDS: Bounds = { values: 5000, textCharacters: 20_000, nameCharacters: 500 };
/** A body that is no bulk request: a list of the ads of a large account. */
export const BODY_BOUNDS: Bounds = { values: 25_000, textCharacters: 20_000, nameCharacters: 500 };

/** The first bound that is passed, by pointer; nothing beyond it is looked at. */
export function boundFaults(value: unknown, bounds: Bounds): InputFault[] {
  let left = bounds.values;
  const path: string[] = [];
  const detailOf = (part: unknown): string | null => {
    left -= 1;
    if (left < 0) return `holds more than ${bounds.values} values`;
    if (typeof part === 'string') {
      return part.length <= bounds.textCharacters
        ? null
        : `must have at most ${bounds.textCharacters} characters`;
    }
    if (typeof part !== 'object' || part === null) return null;
    // The names of a list cost more than its values.
    if (Array.isArray(part)) {
      for (let index = 0; index < part.length; index += 1) {
        const detail = detailOf(part[index]);
        if (detail === null) continue;
        path.unshift(String(index));
        return detail;
      }
      return null;
    }
    for (const name in part) {
      if (name.length > bounds.nameCharacters) return 'holds a name that is too long';
      const detail = detailOf((part as Record<string, unknown>)[name]);
      if (detail !== null) {
        path.unshift(escapePointer(name));
        return detail;
      }
    }
    return null;
  };
  const detail = detailOf(value);
  const pointer = withoutPersonalData(path.map((name) => `/${name}`).join(''));
  return detail === null ? [] : [{ pointer, detail }];
}
