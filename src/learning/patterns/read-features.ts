// A creative as a query can say it.

/** null = none named; undefined = not readable. */
export function readFeatures(text: string | undefined): Record<string, unknown> | null | undefined {
  if (text === undefined || text.trim() === '') return null;
  if (text.trim().startsWith('{')) return fromJson(text);
  const features: Record<string, unknown> = {};
  for (const pair of text.split(/[,&;]/)) {
    const [, name, value] = /^\s*([^=:]+?)\s*[=:]\s*(.+?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    features[name] = name === 'duration_s' && Number(value) > 0 ? Number(value) : value;
  }
  return features;
}

function fromJson(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
