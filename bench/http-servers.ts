// The two servers that the http benchmark compares. `ours` is the real shell with the real guard
// and schemas around a handler that only counts: both sides do the same JSON and no database work.
import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import fastify from 'fastify';
import { AllowIngest, ApiKey, AuthGuard, Authenticator } from '../src/accounts/index.js';
import { NewSnapshot } from '../src/metrics/index.js';
import { readConfig } from '../src/shared/config/config.js';
import { createHttpApp } from '../src/shared/http/server.js';
import {
  AdminToken,
  BulkIntake,
  Clock,
  Config,
  FullDisk,
  Gatekeeper,
  GuestProtocols,
  Lifecycle,
  Log,
  PinoLog,
  RateLimits,
  compileCheck,
  intakeAnswer,
  sortOut,
} from '../src/shared/index.js';
import { BENCH_TOKEN } from './http.js';

const checkSnapshot = compileCheck(NewSnapshot);
const INTAKE = new BulkIntake({ lists: { snapshots: NewSnapshot }, code: 'metrics.invalid' });

@Controller('v1/metrics')
class CountingController {
  @Post()
  @HttpCode(202)
  @AllowIngest()
  report(@Body() body: unknown) {
    return INTAKE.take(INTAKE.read(body, {}), async ({ snapshots = [] }) => {
      const { good, rejected } = await sortOut(
        ...([snapshots, checkSnapshot, 'metrics.invalid', 'snapshots'] as const),
      );
      return intakeAnswer(good.length, 0, rejected);
    });
  }
}

const config = readConfig({ RATE_LIMIT_PER_MINUTE: '10000000', LOG_LEVEL: 'silent' });

@Module({
  controllers: [CountingController],
  providers: [
    { provide: Config, useValue: config },
    { provide: AdminToken, useValue: new AdminToken(BENCH_TOKEN) },
    { provide: Clock, useValue: null },
    { provide: Log, useValue: new PinoLog('silent') },
    // The administrator's token is compared without a query, so no table stands behind this.
    { provide: getRepositoryToken(ApiKey), useValue: null },
    Lifecycle,
    RateLimits,
    GuestProtocols,
    FullDisk,
    Authenticator,
    { provide: Gatekeeper, useExisting: Authenticator },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
})
class CountingModule {}

async function ours(): Promise<void> {
  const app = await createHttpApp(CountingModule, new PinoLog('silent'));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
}

async function bare(): Promise<void> {
  const server = fastify();
  server.post('/v1/metrics', (request, reply) => {
    const { snapshots } = request.body as { snapshots: unknown[] };
    void reply.status(202).send({ accepted: snapshots.length, duplicates: 0, rejected: [] });
  });
  console.log(await server.listen({ port: 0, host: '127.0.0.1' }));
}

process.on('SIGTERM', () => process.exit(0));
await (process.argv[2] === 'ours' ? ours() : bare());
