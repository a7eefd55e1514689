// The baseline matching rule of the Conversions API (best practices, v13 and later): an event whose
// keys all lie in one of these sets could be anybody, and Meta refuses the batch it stands in.

const TOO_BROAD: ReadonlySet<string>[] = [
  new Set(['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent']),
  new Set(['db', 'client_user_agent']),
  new Set(['fn', 'ge']),
  new Set(['ln', 'ge']),
];

/** null when Meta takes the combination; else the document's rule in words. */
export function combinationFault(keys: string[]): string | null {
  if (keys.length === 0) return 'user_data needs at least one usable key';
  const set = TOO_BROAD.find((broad) => keys.every((key) => broad.has(key)));
  if (!set) return null;
  return `the keys ${keys.join(', ')} alone match nobody; add one outside of ${[...set].join(', ')}`;
}
