// The only place where an exception becomes an answer. Anything unforeseen is a 500 without detail
// for the caller and with its stack in the log.
import { ArgumentsHost, Catch, ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { FullDisk } from '../database/full-disk.js';
import { isAccountGone, isUnavailable } from '../database/unavailable.js';
import { DomainError } from '../errors.js';
import type { GuestProtocols } from './guest-protocols.js';
import { problem, type Problem } from './problem.js';

/** A restart of the database takes about as long. */
const RETRY_SECONDS = 5;

interface FastifyFailure {
  statusCode: number;
  code?: string;
  message: string;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly protocols: GuestProtocols,
    private readonly disk: FullDisk,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const answer = this.describe(error, request.url ?? '/');
    this.disk.note(error);
    const seconds = retryAfterSeconds(error, answer.status);
    if (seconds !== undefined) void reply.header('retry-after', String(Math.ceil(seconds)));
    if (answer.status === 401) void reply.header('www-authenticate', 'Bearer realm="loopgain"');
    if (answer.status >= 500 && answer.status !== 503) {
      this.log.error({ err: error, request_id: request.id, code: answer.code }, 'request failed');
    }
    // A guest's libraries read its own envelope, also when the body could not even be parsed.
    const guest = this.protocols.at(request.routeOptions?.url);
    if (guest) {
      void reply.status(answer.status).send(guest.errorAnswer(answer, request.id));
      return;
    }
    void reply
      .status(answer.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(answer));
  }

  private describe(error: unknown, instance: string): Problem {
    if (error instanceof DomainError) {
      return problem(error.status, error.message, instance, error.code, error.extras.errors);
    }
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const detail = status === 404 ? 'There is no such endpoint.' : error.message;
      return problem(status, detail, instance);
    }
    if (isFastifyFailure(error)) {
      return problem(error.statusCode, fastifyDetail(error), instance);
    }
    if (isAccountGone(error)) {
      return problem(404, 'There is no such account.', instance, 'accounts.unknown');
    }
    if (isUnavailable(error)) {
      this.log.warn({ cause: (error as Error).message }, 'the database cannot be had');
      return problem(503, 'The database cannot be had just now; ask again, it is safe.', instance);
    }
    return problem(500, 'The server failed to answer; the log has the cause.', instance);
  }
}

function retryAfterSeconds(error: unknown, status: number): number | undefined {
  const told = error instanceof DomainError ? error.extras.retryAfterSeconds : undefined;
  return told ?? (status === 503 ? RETRY_SECONDS : undefined);
}

function isFastifyFailure(error: unknown): error is FastifyFailure {
  if (typeof error !== 'object' || error === null) return false;
  const status = (error as Partial<FastifyFailure>).statusCode;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function fastifyDetail(error: FastifyFailure): string {
  if (error.statusCode === 413) return 'The body is larger than 5 MiB; send it in smaller parts.';
  if (error.statusCode === 415) return 'Send application/json (imports: text/csv).';
  return error.message;
}
