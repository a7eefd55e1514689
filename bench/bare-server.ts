// What NestJS and TypeORM cost by themselves: one entity, one controller, the same database.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Account } from '../src/accounts/index.js';

@Controller('health')
class HealthController {
  @Get()
  live() {
    return { status: 'ok' };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env['DATABASE_URL'],
      entities: [Account],
      installExtensions: false,
    }),
  ],
  controllers: [HealthController],
})
class BareModule {}

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), {
  logger: false,
});
await app.listen(0, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
console.log(await app.getUrl());
