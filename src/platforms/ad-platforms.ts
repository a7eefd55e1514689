import { Injectable } from '@nestjs/common';
import type { AdPlatform } from './ads/ad-platform.js';
import { MetaPlatform } from './meta/meta-platform.js';
import { SandboxPlatform } from './sandbox/sandbox-platform.js';

/** Which platform an account lives on. */
@Injectable()
export class AdPlatforms {
  constructor(
    private readonly sandbox: SandboxPlatform,
    private readonly meta: MetaPlatform,
  ) {}

  of(account: { simulated: boolean }): AdPlatform {
    return account.simulated ? this.sandbox : this.meta;
  }
}
