import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AdminOnly, Caller, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  Id,
  OneOf,
  Type,
  ValidBody,
  showJobRun,
  type Static,
} from '../../shared/index.js';
import { READING_HOURS } from './sandbox-time.service.js';
import { SandboxService } from './sandbox.service.js';

const NewSandboxBody = Type.Object({
  account_id: Id('Your own id of the account.', 'playground'),
  name: Type.String({ minLength: 1, maxLength: 200, default: 'Sandbox (simulated)' }),
  world: Type.Unsafe<'kag' | 'service' | 'ecom'>({
    ...OneOf(['kag', 'service', 'ecom'] as const, 'Which world it lives in.'),
    default: 'ecom',
  }),
  ads: Type.Integer({ minimum: 1, maximum: 200, default: 12 }),
  seed: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
  history_days: Type.Integer({ minimum: 0, maximum: 365, default: 30 }),
  currency: Type.String({ format: 'currency', default: 'USD' }),
});
type NewSandboxBody = Static<typeof NewSandboxBody>;

const AdvanceBody = Type.Object({
  hours: Type.Integer({
    ...{ minimum: READING_HOURS, maximum: 24 * 31, multipleOf: READING_HOURS, default: 24 },
    description: 'Steps of 6 h.',
  }),
  turn: Type.Boolean({
    default: true,
    description: 'Decide and carry out first, so that the loop turns once.',
  }),
});
type AdvanceBody = Static<typeof AdvanceBody>;

@ApiTags('sandbox')
@Controller('admin/sandbox')
export class SandboxController {
  constructor(
    private readonly sandbox: SandboxService,
    private readonly scope: AccountScope,
  ) {}

  @Post()
  @AdminOnly()
  @ApiOperation({ summary: 'Create a simulated account with a history behind it' })
  @DocumentedBody(NewSandboxBody, { account_id: 'playground', world: 'service', seed: 7 })
  @DocumentedAnswer(201, 'Created', { account_id: 'playground', simulated: true, api_key: 'lg.…' })
  async create(@ValidBody(NewSandboxBody) body: NewSandboxBody) {
    const { account, apiKey } = await this.sandbox.create({
      accountId: body.account_id,
      name: body.name,
      world: body.world,
      ads: body.ads,
      seed: body.seed,
      historyDays: body.history_days,
      currency: body.currency,
    });
    return { account_id: account.accountId, simulated: true, api_key: apiKey };
  }

  @Post(':account_id/advance')
  @AdminOnly()
  @HttpCode(200)
  @ApiOperation({ summary: 'Let simulated hours pass, the loop turning once' })
  @DocumentedBody(AdvanceBody, { hours: 24, turn: true })
  @DocumentedAnswer(200, 'What happened', {
    account_id: 'sandbox',
    simulated: true,
    clock_before: '2026-11-22T06:00:00.000Z',
    clock_after: '2026-11-23T06:00:00.000Z',
    decision_id: 'dec_8wq2xV3lq0aR',
    execution: null,
    measured: { ads: 12, snapshots: 48, new_ads: 0 },
  })
  async advance(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @ValidBody(AdvanceBody) body: AdvanceBody,
  ) {
    const account = await this.scope.account(caller, accountId);
    const turn = await this.sandbox.advance(account, body.hours, body.turn);
    return {
      account_id: account.accountId,
      simulated: true,
      clock_before: turn.clockBefore.toISOString(),
      clock_after: turn.clockAfter.toISOString(),
      decision_id: turn.decision?.decision_id ?? null,
      execution: turn.execution && showJobRun(turn.execution),
      measured: {
        ads: turn.measured.ads,
        snapshots: turn.measured.snapshots,
        new_ads: turn.measured.newAds,
      },
    };
  }
}
