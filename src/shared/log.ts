// Structured logs. Nothing here prints headers, bodies or queries: what is never written cannot
// leak.
import type { LoggerService } from '@nestjs/common';
import { destination, pino, stdTimeFunctions, type Logger } from 'pino';
import { withoutPersonalData } from './personal-data.js';

/** Injection token of the process's logger. */
export abstract class Log {
  abstract readonly root: Logger;
}

export class PinoLog extends Log {
  readonly root: Logger;

  constructor(level: string) {
    super();
    // Standard error: standard output belongs to the command's own words (address, tables, JSON).
    const serializers = { err: errorShown };
    const options = { level, timestamp: stdTimeFunctions.isoTime, base: null, serializers };
    this.root = pino(options, destination(2));
  }
}

/** Errors of the database carry the values of the statement, and its message may quote one. */
function errorShown(error: unknown): unknown {
  if (!(error instanceof Error)) return withoutPersonalData(String(error));
  const { name, code, cause } = error as Error & { code?: unknown };
  return {
    type: name,
    message: withoutPersonalData(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: withoutPersonalData(error.stack ?? ''),
    ...(cause === undefined ? {} : { cause: errorShown(cause) }),
  };
}

/** Nest's own messages, in the same form as ours. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ) {
    const context = rest.filter((part) => typeof part === 'string').join(' ');
    const text = message instanceof Error ? message.message : String(message);
    const err = message instanceof Error ? message : undefined;
    this.logger[level]({ context, err }, text);
  }

  // Nest narrates its start line by line; that is of interest to its developers only.
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
}
