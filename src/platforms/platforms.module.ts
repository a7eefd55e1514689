import { Module } from '@nestjs/common';
import { AdPlatforms } from './ad-platforms.js';
import { MetaPlatform } from './meta/meta-platform.js';
import { SandboxPlatform } from './sandbox-platform.js';
import { SandboxWorlds } from './sandbox-worlds.service.js';

@Module({
  providers: [SandboxWorlds, SandboxPlatform, MetaPlatform, AdPlatforms],
  exports: [SandboxWorlds, AdPlatforms],
})
export class PlatformsModule {}
