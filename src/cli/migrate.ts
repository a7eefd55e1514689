// `npm run migrate`: brings the schema up to this version; `-- --down` takes the last step back.
import { loadConfig } from '../shared/config/environment.js';
import { openDatabase } from '../shared/database/open-database.js';
import { PinoLog, migrate, undoLastMigration } from '../shared/index.js';
import { runCommand } from './run-command.js';

const USAGE = 'Usage: npm run migrate [-- --down]';

runCommand(USAGE, async (args) => {
  const config = loadConfig();
  const log = new PinoLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const database = await openDatabase(config, 'tool', log.root);
  try {
    if (args.includes('--down')) {
      await undoLastMigration({ url: database.url });
      console.log('The last migration was taken back.');
      return;
    }
    const applied = await migrate({ url: database.url });
    for (const name of applied) console.log(`applied ${name}`);
    if (applied.length === 0) console.log('The schema is up to date.');
  } finally {
    await database.close();
  }
});
