// `npm run migrate`: brings the schema up to this version; `-- --down` takes the last step back.
import { DataSource } from 'typeorm';
import { ENTITIES } from '../entities.js';
import { loadConfig } from '../shared/config/environment.js';
import { openDatabase } from '../shared/database/open-database.js';
import { PinoLog, dataSourceOptions, migrate } from '../shared/index.js';
import { runCommand } from './run-command.js';

runCommand(async (args) => {
  const config = loadConfig();
  const log = new PinoLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const database = await openDatabase(config, 'tool', log.root);
  try {
    const dataSource = new DataSource(dataSourceOptions({ url: database.url }, ENTITIES));
    await dataSource.initialize();
    try {
      if (args.includes('--down')) {
        await dataSource.undoLastMigration();
        console.log('The last migration was taken back.');
        return;
      }
      const applied = await migrate(dataSource);
      for (const name of applied) console.log(`applied ${name}`);
      if (applied.length === 0) console.log('The schema is up to date.');
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await database.close();
  }
});
