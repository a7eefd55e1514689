// Structured logs. Nothing here prints headers, bodies or queries: what is never written cannot
// leak.
import type { LoggerService } from '@nestjs/common';
import { destination, pino, stdTimeFunctions, type Logger, type LoggerOptions } from 'pino';
import { withoutPersonalData } from './personal-data.js';
import { Repeats, type RepeatRule } from './repeats.js';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

/** A fault that lasts is told twice, then every ten seconds with the number of its repetitions. */
const REPEATED = { linesMax: 2, windowMillis: 10_000, kindsMax: 1000 };
const WARNING = 40;

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
    this.root = pino({ ...options, hooks: { logMethod: boundedBy(REPEATED) } }, destination(2));
  }
}

function boundedBy(rule: RepeatRule): LogMethod {
  const repeats = new Repeats(rule);
  return function (args, method, level) {
    const [first, text] = args as unknown as [unknown, unknown];
    if (level < WARNING || typeof first !== 'object' || first === null) {
      return method.apply(this, args);
    }
    const { err } = first as { err?: unknown };
    const kind = `${level} ${String(text)} ${err instanceof Error ? err.message : ''}`;
    const leftOut = repeats.take(kind, performance.now());
    if (leftOut === null) return;
    if (leftOut === 0) return method.apply(this, args);
    method.apply(this, [{ ...first, left_out_before: leftOut }, text] as unknown as typeof args);
  };
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
