// The arguments of the commands, read and checked; a fault is a value with a sentence for people.
import { parseArgs, type ParseArgsConfig } from 'node:util';

export interface UsageFault {
  usage: string;
}

export function isUsageFault<T extends object>(read: T | UsageFault): read is UsageFault {
  return 'usage' in read;
}

export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

export interface ReadArguments {
  values: Record<string, string | boolean | undefined>;
  positionals: string[];
}

export function readArguments(
  args: string[],
  options: NonNullable<ParseArgsConfig['options']>,
): ReadArguments | UsageFault {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as ReadArguments['values'], positionals };
  } catch (error) {
    return { usage: (error as Error).message.split('. ')[0] ?? '' };
  }
}

/** A whole number within bounds, the fallback when it is not given. */
export function wholeNumber(
  name: string,
  given: string | boolean | undefined,
  fallback: number,
  [low, high]: [number, number],
): number | UsageFault {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  return { usage: `--${name} must be a whole number from ${low} to ${high}` };
}

export function textOf(given: string | boolean | undefined): string | null {
  return typeof given === 'string' && given !== '' ? given : null;
}
