import { Module } from '@nestjs/common';
import { AdPlatforms } from './ad-platforms.js';
import { CredentialChecks } from './credential-checks.service.js';
import { MetaCredentialCheck } from './meta/credential-check.service.js';
import { CapiClient } from './meta/capi-client.js';
import { MetaAccountReader } from './meta/account-reader.js';
import { MetaWriter } from './meta/meta-writer.js';
import { SandboxReader } from './sandbox/sandbox-reader.js';
import { SandboxWorlds } from './sandbox/sandbox-worlds.service.js';
import { SandboxWriter } from './sandbox/sandbox-writer.js';

@Module({
  providers: [
    CapiClient,
    CredentialChecks,
    MetaCredentialCheck,
    SandboxWorlds,
    SandboxReader,
    SandboxWriter,
    MetaAccountReader,
    MetaWriter,
    AdPlatforms,
  ],
  exports: [CapiClient, CredentialChecks, SandboxWorlds, AdPlatforms],
})
export class PlatformsModule {}
