// Which earlier question means the same. Bounded: the oldest of a group, and the group that was used
// longest ago, make room.
import { agree, type TextMarks } from './text-marks.js';
import { similarity } from './text-vector.js';

export interface Indexed {
  key: string;
  vector: Float32Array;
  marks: TextMarks;
}

/** A linear search of a thousand short vectors takes about half a millisecond. */
const GROUP_ENTRIES_MAX = 1000;
const GROUPS_MAX = 2000;

export class SemanticIndex {
  private readonly groups = new Map<string, { scope: string; entries: Map<string, Indexed> }>();

  constructor(private readonly threshold: number) {}

  add(group: string, scope: string, entry: Indexed): void {
    const known = this.groups.get(group) ?? { scope, entries: new Map<string, Indexed>() };
    this.groups.delete(group);
    this.groups.set(group, known);
    known.entries.delete(entry.key);
    known.entries.set(entry.key, entry);
    trim(known.entries, GROUP_ENTRIES_MAX);
    trim(this.groups, GROUPS_MAX);
  }

  /** The most similar entry at or above the threshold that differs in nothing that matters. */
  nearest(group: string, vector: Float32Array, marks: TextMarks): Indexed | null {
    let best: Indexed | null = null;
    let bestSimilarity = this.threshold;
    for (const entry of this.groups.get(group)?.entries.values() ?? []) {
      const alike = similarity(vector, entry.vector);
      if (alike < bestSimilarity || !agree(marks, entry.marks)) continue;
      best = entry;
      bestSimilarity = alike;
    }
    return best;
  }

  forget(group: string, key: string): void {
    this.groups.get(group)?.entries.delete(key);
  }

  dropScope(scope: string): void {
    for (const [group, known] of this.groups) if (known.scope === scope) this.groups.delete(group);
  }
}

function trim<T>(map: Map<string, T>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
