// How every command ends: its own words on failure, no stack trace for what a person can mend.
import { DomainError, StartupError } from '../shared/index.js';

const FAILED = 1;

/** Runs a command with its arguments and ends the process; a failure may have its own exit code. */
export function runCommand(
  command: (args: string[]) => Promise<number | void>,
  exitCodeOf: (error: unknown) => number = () => FAILED,
): void {
  command(process.argv.slice(2)).then(
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
