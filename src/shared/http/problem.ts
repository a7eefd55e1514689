// RFC 9457 problem documents: the one shape in which every error leaves the server.
import type { InputFault } from '../errors.js';
import { looksPersonal } from '../personal-data.js';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors?: InputFault[];
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Invalid request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported media type',
  417: 'Expectation not met',
  422: 'Refused by a rule',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Not available now',
};

const FALLBACK_CODES: Readonly<Record<number, string>> = {
  400: 'request.invalid',
  401: 'auth.required',
  403: 'auth.forbidden',
  404: 'request.not_found',
  405: 'request.method_not_allowed',
  408: 'request.timeout',
  409: 'request.conflict',
  413: 'request.too_large',
  414: 'request.address_too_long',
  415: 'request.unsupported_media_type',
  417: 'request.expectation_failed',
  422: 'request.refused',
  429: 'rate_limit.exceeded',
  431: 'request.headers_too_large',
  500: 'server.internal_error',
  503: 'server.unavailable',
};

export function problem(
  status: number,
  detail: string,
  instance: string,
  code = FALLBACK_CODES[status] ?? 'request.failed',
  errors?: InputFault[],
): Problem {
  return {
    type: `urn:loopgain:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    instance: instanceOf(instance),
    code,
    ...(errors && errors.length > 0 ? { errors } : {}),
  };
}

/**
 * The query may carry a token, a part of the path somebody's name: only plain ids are told back.
 */
function instanceOf(address: string): string {
  const [path = ''] = address.split('?');
  return path
    .split('/')
    .map((part) => (/^[\w.:~-]*$/.test(part) && !looksPersonal(part) ? part : '[removed]'))
    .join('/');
}

/** RFC 6901 escaping of one reference token. */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
