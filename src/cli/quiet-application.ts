// The application for commands that talk to people: the server's ordinary log lines would bury
// them.
import type { INestApplicationContext } from '@nestjs/common';
import { loadConfig } from '../shared/config/environment.js';
import { withApplication } from '../start.js';

export function withQuietApplication<T>(
  use: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  const logLevel = config.logLevel === 'info' ? 'warn' : config.logLevel;
  return withApplication({ ...config, logLevel }, use);
}
