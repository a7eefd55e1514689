// The one route that speaks Meta's protocol instead of ours: its path and the form of its errors.
import type { Problem } from '../../shared/index.js';

/** Only `v25.0` and the like: `/v1/...` and every other route stay themselves. */
export const META_EVENTS_PATH = ':version(^v\\d+\\.\\d+$)/:pixel_id/events';
export const META_EVENTS_ROUTE = `/${META_EVENTS_PATH}`;

/** HTTP status → Meta's code and type. */
const CODES: Readonly<Record<number, { code: number; type: string }>> = {
  401: { code: 190, type: 'OAuthException' },
  403: { code: 200, type: 'OAuthException' },
  429: { code: 4, type: 'OAuthException' },
  500: { code: 2, type: 'OAuthException' },
  503: { code: 2, type: 'OAuthException' },
};
const INVALID = { code: 100, type: 'OAuthException' };

/** Meta's error envelope for a problem of ours. */
export function metaEnvelope(problem: Problem, traceId: string) {
  const { code, type } = CODES[problem.status] ?? INVALID;
  return {
    error: {
      message: `(#${code}) ${problem.detail}`,
      type,
      code,
      is_transient: problem.status === 429 || problem.status >= 500,
      error_user_title: problem.title,
      error_user_msg: problem.detail,
      fbtrace_id: traceId,
    },
  };
}

export const META_ERROR_SCHEMA = {
  type: 'object',
  description: "Meta's envelope.",
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'code', 'is_transient', 'fbtrace_id'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string', enum: ['OAuthException'] },
        code: { type: 'integer', enum: [2, 4, 100, 190, 200] },
        is_transient: { type: 'boolean' },
        error_user_title: { type: 'string' },
        error_user_msg: { type: 'string' },
        fbtrace_id: { type: 'string' },
      },
    },
  },
};
