import { Module } from '@nestjs/common';
import { AdPlatforms } from './ad-platforms.js';
import { CapiClient } from './meta/capi-client.js';
import { MetaPlatform } from './meta/meta-platform.js';
import { SandboxPlatform } from './sandbox/sandbox-platform.js';
import { SandboxWorlds } from './sandbox/sandbox-worlds.service.js';

@Module({
  providers: [CapiClient, SandboxWorlds, SandboxPlatform, MetaPlatform, AdPlatforms],
  exports: [CapiClient, SandboxWorlds, AdPlatforms],
})
export class PlatformsModule {}
