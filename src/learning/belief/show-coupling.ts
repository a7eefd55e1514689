// The learned coupling in the words of the contract (GET /v1/learning/model).
import type { AccountBelief } from './account-belief.js';
import type { Coupling } from './coupling.js';

interface ShownCoupling {
  /** Elasticity of conversions per click in the click rate. */
  beta: number;
  /** 95 %; null while the ads are too few for an estimate (`beta` is then the prior's). */
  lo: number | null;
  hi: number | null;
  /** Ads behind it. */
  ads: number;
  /** β shrunk by its own uncertainty: what the beliefs use. */
  applied: number;
}

export interface CouplingAnswer extends ShownCoupling {
  by_campaign: (ShownCoupling & { campaign_id: string })[];
}

export function showCoupling({ coupling }: Pick<AccountBelief, 'coupling'>): CouplingAnswer {
  return {
    ...shown(coupling),
    by_campaign: coupling.byCampaign.map((campaign) => ({
      campaign_id: campaign.campaignId,
      ...shown(campaign),
    })),
  };
}

function shown({ beta, lo, hi, ads, applied }: Coupling): ShownCoupling {
  return { beta, lo, hi, ads, applied };
}
