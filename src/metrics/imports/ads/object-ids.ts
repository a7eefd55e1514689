// Which object a row speaks of. The platform's id when the export has it; else an id made from the
// names, so that importing again finds the same object.
import { createHash } from 'node:crypto';
import { idFault } from '../../../shared/plain-text.js';

/** Id and name as the row has them; '' where it has none. */
export interface ObjectNames {
  id: string;
  name: string;
}

/** 64 bits: among a million names the chance of any clash is about 3·10⁻⁸. */
const DIGEST_HEX_DIGITS = 16;
/** Made ids are remembered for an object's further days; beyond this, forgotten and made again. */
const REMEMBERED_MAX = 50_000;

/** What is wrong with a platform id as exported; null when it is sound. */
export function exportedIdFault(id: string): string | null {
  // A spreadsheet turns 120210001234567890 into 1.2021E+17: several ads would become one.
  if (/^\d+([.,]\d+)?e\+?\d+$/i.test(id)) return `"${id}" lost its digits in a spreadsheet`;
  // The mark of a character that could not be read; else the rule of every way in.
  return id.includes('\ufffd') ? 'has characters that could not be read' : idFault(id);
}

export class NameIds {
  private readonly made = new Map<string, string>();

  /**
   * `path` leads from the campaign to the object: two ads "Video 1" in two campaigns are two ads. A
   * parent counts by its id where it has one, so that renaming a campaign does not remake its ads.
   */
  idOf(path: ObjectNames[]): string {
    const key = JSON.stringify(path.map(({ id, name }) => id || name));
    const known = this.made.get(key);
    if (known !== undefined) return known;
    if (this.made.size >= REMEMBERED_MAX) this.made.clear();
    const digest = createHash('sha256').update(key).digest('hex').slice(0, DIGEST_HEX_DIGITS);
    const id = `name:${digest}`;
    this.made.set(key, id);
    return id;
  }
}
