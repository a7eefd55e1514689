// The account score: 1 point a read, 3 a write, decaying over five minutes; above the tier's
// maximum everything is refused for a while, as HTTP 400, and each call while blocked lengthens the
// block.
import { errorReply, type GraphReply } from './fake-graph-errors.js';

export type FakeTier = 'development_access' | 'standard_access';

const TIERS = {
  development_access: { max: 60, blockMs: 300_000 },
  standard_access: { max: 9000, blockMs: 60_000 },
} as const;
const READ_POINTS = 1;
const WRITE_POINTS = 3;
const DECAY_MS = 300_000;
const WRITES_PER_SECOND_MAX = 100;

export class FakeScore {
  private points = 0;
  private at: number;
  private blockedUntil = 0;
  private writes: number[] = [];
  /** How often a call was refused; a client that respects its waits adds nothing while blocked. */
  refusals = 0;

  constructor(
    readonly tier: FakeTier,
    private readonly adAccountId: string,
    private readonly now: () => number,
  ) {
    this.at = now();
  }

  refusalOf(isWrite: boolean): GraphReply | null {
    const now = this.now();
    const { max, blockMs } = TIERS[this.tier];
    this.points = Math.max(0, this.points - ((now - this.at) / DECAY_MS) * max);
    this.at = now;
    const cost = isWrite ? WRITE_POINTS : READ_POINTS;
    if (now < this.blockedUntil || this.points + cost > max) {
      this.blockedUntil = Math.max(this.blockedUntil, now + blockMs);
      this.refusals += 1;
      const message = 'User request limit reached';
      return { ...errorReply({ code: 17, subcode: 2446079, message }), headers: this.headers() };
    }
    this.writes = [...this.writes.filter((at) => at > now - 1000), ...(isWrite ? [now] : [])];
    if (this.writes.length > WRITES_PER_SECOND_MAX) {
      return errorReply({ code: 613, subcode: 5044001, message: 'Too many calls per second' });
    }
    this.points += cost;
    return null;
  }

  /** Minutes in one header, seconds in the other. */
  headers(): Record<string, string> {
    const leftMs = Math.max(0, this.blockedUntil - this.now());
    const percent = leftMs > 0 ? 100 : (this.points / TIERS[this.tier].max) * 100;
    const business = {
      type: 'ads_management',
      call_count: Math.round(percent),
      total_cputime: 0,
      total_time: 0,
      estimated_time_to_regain_access: Math.ceil(leftMs / 60_000),
      ads_api_access_tier: this.tier,
    };
    return {
      'x-business-use-case-usage': JSON.stringify({ [this.adAccountId]: [business] }),
      'x-app-usage': JSON.stringify({
        call_count: Math.round(percent / 4),
        total_time: 1,
        total_cputime: 1,
      }),
      'x-ad-account-usage': JSON.stringify({
        acc_id_util_pct: percent,
        reset_time_duration: Math.ceil(leftMs / 1000),
        ads_api_access_tier: this.tier,
      }),
    };
  }
}
