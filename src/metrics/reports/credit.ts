// Which object's numbers count for which arm. Budgets live on campaigns or ad sets, reports come
// from any level; each number is credited once, to the nearest ancestor that owns a budget.

export interface TreeNode {
  adId: string;
  entityType: 'campaign' | 'adset' | 'ad';
  campaignId: string;
  parentId: string | null;
  ownsBudget: boolean;
}

/** An ad's place in its tree. */
export function nodeOf(ad: {
  adId: string;
  entityType: TreeNode['entityType'];
  campaignId: string;
  parentId: string | null;
  dailyBudgetMinor: number | null;
}): TreeNode {
  const { adId, entityType, campaignId, parentId, dailyBudgetMinor } = ad;
  return { adId, entityType, campaignId, parentId, ownsBudget: dailyBudgetMinor !== null };
}

/** Graph trees are three levels deep; a longer chain is a cycle that somebody registered. */
const DEPTH_MAX = 5;

export class AdTree {
  private readonly nodes: Map<string, TreeNode>;
  private readonly children = new Map<string, TreeNode[]>();

  constructor(nodes: TreeNode[]) {
    this.nodes = new Map(nodes.map((node) => [node.adId, node]));
    for (const node of nodes) {
      const parent = this.parentOf(node);
      if (!parent) continue;
      const siblings = this.children.get(parent.adId);
      if (siblings) siblings.push(node);
      else this.children.set(parent.adId, [node]);
    }
  }

  /**
   * The nearest ancestor (or the object itself) that owns a budget; null when nobody above does.
   */
  budgetOwner(adId: string): string | null {
    let node = this.nodes.get(adId);
    for (let depth = 0; node && depth < DEPTH_MAX; depth++) {
      if (node.ownsBudget) return node.adId;
      node = this.parentOf(node);
    }
    return null;
  }

  /** The object and its ancestors, upwards. */
  path(adId: string): string[] {
    const path: string[] = [];
    let node = this.nodes.get(adId);
    for (let depth = 0; node && depth < DEPTH_MAX; depth++) {
      path.push(node.adId);
      node = this.parentOf(node);
    }
    return path;
  }

  /**
   * The arms: what a budget can be moved between. Budget owners, and objects whose owner is unknown
   * (an export without budgets) as long as nothing below them is an arm.
   */
  arms(): string[] {
    const arms: string[] = [];
    for (const node of this.nodes.values()) {
      if (node.ownsBudget) arms.push(node.adId);
      else if (this.budgetOwner(node.adId) === null && !this.hasChildren(node.adId)) {
        arms.push(node.adId);
      }
    }
    return arms;
  }

  /**
   * The objects whose own reports make up an arm: the arm itself when it reports, else the topmost
   * reporting objects below it. A level that reports includes its children, so they are not added.
   */
  reporters(armId: string, reports: (adId: string) => boolean, depth = 0): string[] {
    if (reports(armId)) return [armId];
    if (depth >= DEPTH_MAX) return [];
    return (this.children.get(armId) ?? [])
      .filter((child) => !child.ownsBudget)
      .flatMap((child) => this.reporters(child.adId, reports, depth + 1));
  }

  private hasChildren(adId: string): boolean {
    return (this.children.get(adId)?.length ?? 0) > 0;
  }

  private parentOf(node: TreeNode): TreeNode | undefined {
    if (node.parentId !== null) return this.nodes.get(node.parentId);
    if (node.entityType === 'campaign' || node.campaignId === node.adId) return undefined;
    return this.nodes.get(node.campaignId);
  }
}
