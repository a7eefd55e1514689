// How every command ends: its own words on failure, no stack trace for what a person can mend.
import { DomainError, StartupError } from '../shared/index.js';
import { asksForHelp } from './terminal/command-options.js';

const FAILED = 1;

/**
 * Runs a command with its arguments and ends the process; a failure may have its own exit code.
 * Who asks how it is called is told, and nothing runs.
 */
export function runCommand(
  usage: string,
  command: (args: string[]) => Promise<number | void>,
  exitCodeOf: (error: unknown) => number = () => FAILED,
): void {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    console.log(usage);
    process.exit(0);
  }
  command(args).then(
    (code) => process.exit(code ?? 0),
    (error: unknown) => {
      process.stderr.write(`${describe(error)}\n`);
      process.exit(exitCodeOf(error));
    },
  );
}

function describe(error: unknown): string {
  if (error instanceof StartupError || error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
