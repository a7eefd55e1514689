// Which earlier question means the same. Bounded: the oldest of a group, and the group that was
// used longest ago, make room.
import { agree, type TextMarks } from './text-marks.js';
import { similarity } from './text-vector.js';

export interface Indexed {
  key: string;
  vector: Float32Array;
  marks: TextMarks;
}

/** A linear search of a thousand short vectors takes about half a millisecond. */
const GROUP_ENTRIES_MAX = 1000;
/** In all: about three kilobytes each, sixty megabytes at the most. */
const ENTRIES_MAX = 20_000;

interface Group {
  scope: string;
  entries: Map<string, Indexed>;
}

export class SemanticIndex {
  private readonly groups = new Map<string, Group>();
  private size = 0;

  constructor(
    private readonly threshold: number,
    private readonly most = ENTRIES_MAX,
  ) {}

  add(group: string, scope: string, entry: Indexed): void {
    const known = this.groups.get(group) ?? { scope, entries: new Map() };
    this.groups.delete(group);
    this.groups.set(group, known);
    this.size -= known.entries.size;
    known.entries.delete(entry.key);
    known.entries.set(entry.key, entry);
    for (const oldest of known.entries.keys()) {
      if (known.entries.size <= GROUP_ENTRIES_MAX) break;
      known.entries.delete(oldest);
    }
    this.size += known.entries.size;
    for (const oldest of this.groups.keys()) {
      if (this.size <= this.most || oldest === group) break;
      this.drop(oldest);
    }
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
    if (this.groups.get(group)?.entries.delete(key)) this.size -= 1;
  }

  dropScope(scope: string): void {
    for (const [group, known] of this.groups) if (known.scope === scope) this.drop(group);
  }

  private drop(group: string): void {
    this.size -= this.groups.get(group)?.entries.size ?? 0;
    this.groups.delete(group);
  }
}
