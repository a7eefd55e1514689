// The worlds of simulated accounts at rest. Every change locks the row, so two processes (or a
// budget write during an advance) follow one another instead of losing a write.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { PlatformError } from '../../shared/index.js';
import { SandboxWorldRow } from './sandbox-world.entity.js';
import type { SandboxWorld } from './world.js';

@Injectable()
export class SandboxWorlds {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** The simulated present of an account, or null when it has no world. */
  async clockOf(
    accountId: string,
    manager: EntityManager = this.database.manager,
  ): Promise<Date | null> {
    const row = await manager.findOne(SandboxWorldRow, {
      where: { accountId },
      select: { accountId: true, clockAt: true },
    });
    return row?.clockAt ?? null;
  }

  async read(
    accountId: string,
    manager: EntityManager = this.database.manager,
  ): Promise<SandboxWorld> {
    return worldOf(await manager.findOneBy(SandboxWorldRow, { accountId }));
  }

  async create(manager: EntityManager, accountId: string, world: SandboxWorld): Promise<void> {
    const { seed, clockAt } = world;
    await manager.insert(SandboxWorldRow, { accountId, seed, clockAt: new Date(clockAt), world });
  }

  /**
   * Replaces the world by what `change` makes of it, under the row's lock: in the caller's
   * transaction where its manager is given, else in one of its own.
   */
  async change(
    accountId: string,
    change: (world: SandboxWorld) => SandboxWorld,
    manager?: EntityManager,
  ): Promise<SandboxWorld> {
    if (manager) return changeWorld(manager, accountId, change);
    return this.database.transaction((own) => changeWorld(own, accountId, change));
  }
}

async function changeWorld(
  manager: EntityManager,
  accountId: string,
  change: (world: SandboxWorld) => SandboxWorld,
): Promise<SandboxWorld> {
  const row = await manager.findOne(SandboxWorldRow, {
    where: { accountId },
    lock: { mode: 'pessimistic_write' },
  });
  const world = change(worldOf(row));
  await manager.update(
    SandboxWorldRow,
    { accountId },
    { world, clockAt: new Date(world.clockAt), updatedAt: () => 'now()' },
  );
  return world;
}

function worldOf(row: SandboxWorldRow | null): SandboxWorld {
  if (!row) throw new PlatformError('invalid', 'this account has no simulated world');
  return row.world;
}
