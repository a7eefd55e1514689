// How every command ends: its own words on failure, no stack trace for what a person can mend.
import { DomainError, StartupError } from '../shared/index.js';

/** Runs a command with its arguments; sets the exit code and lets the process end by itself. */
export function runCommand(command: (args: string[]) => Promise<number | void>): void {
  command(process.argv.slice(2)).then(
    (code) => process.exit(code ?? 0),
    (error: unknown) => {
      process.stderr.write(`${describe(error)}\n`);
      process.exit(1);
    },
  );
}

function describe(error: unknown): string {
  if (error instanceof StartupError || error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
