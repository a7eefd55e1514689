import { Module } from '@nestjs/common';
import { AdPlatforms } from './ad-platforms.js';
import { CapiClient } from './meta/capi-client.js';
import { MetaAccountReader } from './meta/account-reader.js';
import { MetaWriter } from './meta/meta-writer.js';
import { SandboxReader } from './sandbox/sandbox-reader.js';
import { SandboxWorlds } from './sandbox/sandbox-worlds.service.js';
import { SandboxWriter } from './sandbox/sandbox-writer.js';

@Module({
  providers: [
    CapiClient,
    SandboxWorlds,
    SandboxReader,
    SandboxWriter,
    MetaAccountReader,
    MetaWriter,
    AdPlatforms,
  ],
  exports: [CapiClient, SandboxWorlds, AdPlatforms],
})
export class PlatformsModule {}
