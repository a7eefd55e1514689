// The reward model of the doubly robust estimate: the mean reward of an action in its context,
// shrunk to the mean of all. Cross-fitted: a choice is predicted from the folds it is not in, else
// the model would have seen the very reward that it corrects.

export interface Observed {
  /** What the choice was made in, e.g. the position on a page. */
  context: string;
  action: string;
  reward: number;
}

/** Rewards the overall mean is worth beside an action's own, as for the rates of ads. */
const STRENGTH = 2;
const FOLDS = 5;

export interface Predictions {
  /** Per observation, in order. */
  taken: number[];
  target: number[];
}

/** `probability` is the chance that the policy under test takes an action in a context. */
export function crossFitted(
  observed: readonly Observed[],
  probability: (context: string, action: string) => number,
): Predictions {
  const actions = [...new Set(observed.map(({ action }) => action))].sort();
  const folds = Math.min(FOLDS, observed.length);
  const models = Array.from({ length: folds }, (_, fold) =>
    actionMeans(observed.filter((_one, index) => index % folds !== fold)),
  );
  // A policy's own mean depends on the context and the fold alone.
  const targets = new Map<string, number>();
  const taken: number[] = [];
  const target: number[] = [];
  observed.forEach(({ context, action }, index) => {
    const fold = index % folds;
    const model = models[fold] as (action: string) => number;
    const key = `${fold} ${context}`;
    let mean = targets.get(key);
    if (mean === undefined) {
      mean = actions.reduce((sum, one) => sum + probability(context, one) * model(one), 0);
      targets.set(key, mean);
    }
    taken.push(model(action));
    target.push(mean);
  });
  return { taken, target };
}

/** Over all contexts: with a hundred clicks a mean per context would be noise. */
function actionMeans(observed: readonly Observed[]): (action: string) => number {
  const sums = new Map<string, { count: number; reward: number }>();
  let reward = 0;
  for (const one of observed) {
    const sum = sums.get(one.action) ?? { count: 0, reward: 0 };
    sums.set(one.action, { count: sum.count + 1, reward: sum.reward + one.reward });
    reward += one.reward;
  }
  const mean = observed.length > 0 ? reward / observed.length : 0;
  const shrinkage = mean > 0 ? STRENGTH / mean : 1;
  return (action) => {
    const own = sums.get(action) ?? { count: 0, reward: 0 };
    return (own.reward + shrinkage * mean) / (own.count + shrinkage);
  };
}
