// Under which names rejections are counted for the summary.

export function countByCode(codes: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of codes)
    counts.set(`rejected:${code}`, (counts.get(`rejected:${code}`) ?? 0) + 1);
  return counts;
}
