import { Injectable } from '@nestjs/common';
import type { CredentialVerdict } from './http/credential-verdict.js';
import type { PlatformCredentials } from './http/credentials.js';
import { MetaCredentialCheck } from './meta/credential-check.service.js';

/** Asks a platform what credentials may do. Changes nothing, and never rejects for its sake. */
@Injectable()
export class CredentialChecks {
  constructor(private readonly meta: MetaCredentialCheck) {}

  async check(credentials: PlatformCredentials): Promise<CredentialVerdict> {
    if (credentials.platform === 'meta') return this.meta.check(credentials);
    return {
      outcome: 'not_asked',
      detail: 'Stored; nothing is read from this platform yet, so nobody was asked.',
    };
  }
}
