import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdTree, type TreeNode } from './credit.js';

function node(adId: string, extra: Partial<TreeNode> = {}): TreeNode {
  return {
    adId,
    entityType: 'adset',
    campaignId: 'c',
    parentId: null,
    ownsBudget: false,
    ...extra,
  };
}

describe('AdTree', () => {
  it('finds the nearest owner of a budget above an object', () => {
    const tree = new AdTree([
      node('c', { entityType: 'campaign' }),
      node('set', { ownsBudget: true }),
      node('ad', { entityType: 'ad', parentId: 'set' }),
      node('stray', { entityType: 'ad', parentId: 'unknown' }),
    ]);
    expect(['c', 'set', 'ad', 'stray'].map((id) => tree.budgetOwner(id))).toEqual([
      null,
      'set',
      'set',
      null,
    ]);
    expect(tree.arms()).toEqual(['set', 'stray']);
  });

  it('takes a campaign that owns the budget as the arm of its ad sets', () => {
    const tree = new AdTree([
      node('c', { entityType: 'campaign', ownsBudget: true }),
      node('one'),
      node('two'),
    ]);
    expect(tree.arms()).toEqual(['c']);
    expect(tree.reporters('c', (id) => id !== 'c')).toEqual(['one', 'two']);
    expect(tree.reporters('c', () => true)).toEqual(['c']);
  });

  it('skips a silent level and leaves children that own a budget to themselves', () => {
    const tree = new AdTree([
      node('c', { entityType: 'campaign', ownsBudget: true }),
      node('silent'),
      node('ad', { entityType: 'ad', parentId: 'silent' }),
      node('own', { ownsBudget: true }),
    ]);
    expect(tree.reporters('c', (id) => id === 'ad' || id === 'own')).toEqual(['ad']);
    expect(tree.arms()).toEqual(['c', 'own']);
  });

  it('ends on a registered cycle', () => {
    const tree = new AdTree([
      node('a', { parentId: 'b', campaignId: 'x' }),
      node('b', { parentId: 'a', campaignId: 'x' }),
    ]);
    expect(tree.budgetOwner('a')).toBeNull();
    expect(tree.reporters('a', () => false)).toEqual([]);
  });

  it('credits every reporting object to at most one arm', () => {
    const trees = fc.array(
      fc.record({
        parent: fc.integer({ min: -1, max: 8 }),
        ownsBudget: fc.boolean(),
        reports: fc.boolean(),
      }),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(trees, (rows) => {
        const nodes = rows.map(({ parent, ownsBudget }, index) =>
          node(`n${index}`, {
            campaignId: `n${index}`,
            // Parents come first, so the drawn trees are trees.
            parentId: parent >= 0 && parent < index ? `n${parent}` : null,
            ownsBudget,
          }),
        );
        const tree = new AdTree(nodes);
        const reports = (id: string) => rows[Number(id.slice(1))]?.reports ?? false;
        const credited = tree.arms().flatMap((arm) => tree.reporters(arm, reports));
        expect(new Set(credited).size).toBe(credited.length);
      }),
    );
  });
});
