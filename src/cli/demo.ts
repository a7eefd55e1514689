// `npm run demo`: the whole loop on a simulated account in fast-forward, or the first explained
// moves of a real export. Works on the database of a running server, or on its own.
import { isUsageFault } from './terminal/command-options.js';
import { DEMO_USAGE, demoOptions } from './demo/demo-options.js';
import { runContest } from './demo/run-contest.js';
import { runInput } from './demo/run-input.js';
import { withQuietApplication } from './quiet-application.js';
import { runCommand } from './run-command.js';

const WRONGLY_CALLED = 2;

runCommand(DEMO_USAGE, async (args) => {
  const options = demoOptions(args);
  if (isUsageFault(options)) {
    process.stderr.write(`${options.usage}\n${DEMO_USAGE}\n`);
    return WRONGLY_CALLED;
  }
  const say = (line: string) => console.log(line);
  return withQuietApplication(async (app) => {
    if (options.kind === 'input') return runInput(app, options, say);
    await runContest(app, options, say);
    return 0;
  });
});
