// Work that nobody waits for any more need not begin.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** A signal that is aborted when the caller goes away before it has its answer. */
export const CallerLeft = createParamDecorator(
  (_: unknown, context: ExecutionContext): AbortSignal => {
    const { raw } = context.switchToHttp().getResponse<FastifyReply>();
    const left = new AbortController();
    const look = () => {
      if (!raw.writableFinished) left.abort();
    };
    if (raw.destroyed) look();
    else raw.once('close', look);
    return left.signal;
  },
);
