// What two answers to the same question must have in common.

/** An allocation as text, without its id and without where its look-ups were answered. */
export function answerBytes(answer: object): string {
  return JSON.stringify(answer, (name, value: unknown) =>
    name === 'cache' || name === 'decision_id' ? undefined : value,
  );
}
