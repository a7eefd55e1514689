// `npm run import -- FILE --account ID`: a real ads export into an account, on the database of a
// running server or on its own. Exit codes: 0 read, 1 nothing could be read, 2 wrongly called.
import { isUsageFault } from './terminal/command-options.js';
import { accountSums, importFile } from './import/import-file.js';
import { IMPORT_USAGE, importOptions } from './import/import-options.js';
import { importSummary, sumsLine } from './import/import-summary.js';
import { withQuietApplication } from './quiet-application.js';
import { runCommand } from './run-command.js';

const NOTHING_READ = 1;
const WRONGLY_CALLED = 2;

runCommand(IMPORT_USAGE, async (args) => {
  const options = importOptions(args);
  if (isUsageFault(options)) {
    process.stderr.write(`${options.usage}\n${IMPORT_USAGE}\n`);
    return WRONGLY_CALLED;
  }
  if (options.kind === 'content') {
    process.stderr.write('This version understands ads exports only.\n');
    return WRONGLY_CALLED;
  }
  return withQuietApplication(async (app) => {
    const { account, created, report } = await importFile(app, options);
    if (created) {
      console.log(`Created account "${account.accountId}" in ${account.currency}.`);
    }
    for (const line of importSummary(report)) console.log(line);
    if (!report.dry_run) {
      console.log(sumsLine(account.accountId, account.currency, await accountSums(app, account)));
    }
    return report.rows === 0 ? NOTHING_READ : 0;
  });
});
