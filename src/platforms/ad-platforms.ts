import { Injectable } from '@nestjs/common';
import type { AdAccountReader } from './ads/ad-account-reader.js';
import type { AdWriter } from './ads/ad-writer.js';
import type { Platform } from './http/credentials.js';
import { MetaAccountReader } from './meta/account-reader.js';
import { MetaWriter } from './meta/meta-writer.js';
import { SandboxReader } from './sandbox/sandbox-reader.js';
import { SandboxWriter } from './sandbox/sandbox-writer.js';

/** Where an advertising account lives. */
export interface AdPlatform {
  reader: AdAccountReader;
  writer: AdWriter;
  /** Whose credentials it takes and whose limits all its accounts share; null = nobody's. */
  credentials: Extract<Platform, 'meta'> | null;
}

/** Which platform an account lives on. */
@Injectable()
export class AdPlatforms {
  private readonly sandbox: AdPlatform;
  private readonly meta: AdPlatform;

  constructor(
    sandboxReader: SandboxReader,
    sandboxWriter: SandboxWriter,
    metaReader: MetaAccountReader,
    metaWriter: MetaWriter,
  ) {
    this.sandbox = { reader: sandboxReader, writer: sandboxWriter, credentials: null };
    this.meta = { reader: metaReader, writer: metaWriter, credentials: 'meta' };
  }

  of(account: { simulated: boolean }): AdPlatform {
    return account.simulated ? this.sandbox : this.meta;
  }
}
