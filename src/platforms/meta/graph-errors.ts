// One failed answer of the Graph API, read into what to do. The JSON code decides, never the
// status.
import { PlatformError, type PlatformErrorClass } from '../../shared/errors.js';
import {
  meaningOf,
  yieldsToTransient,
  type GraphErrorScope,
  type GraphMeaning,
  type GraphUseCase,
} from './graph-error-codes.js';
import { messageOf, text } from './graph-error-words.js';
import {
  headerOf,
  isRecord,
  parseJson,
  regainAccessMs,
  scoreBlockMs,
  type GraphHeaders,
} from './graph-usage.js';

interface GraphFailure {
  httpStatus: number;
  /** The answer: a parsed value, or its text (as in a batch item). */
  body: unknown;
  headers: GraphHeaders;
  /** With or without `act_`; picks the account's own entry among those of the usage headers. */
  adAccountId?: string | null;
}

interface GraphVerdict {
  kind: PlatformErrorClass;
  /** null = Meta names no time: the caller's own backoff decides. */
  retryAfterMs: number | null;
  message: string;
  code: number | null;
  subcode: number | null;
  fbtraceId: string | null;
  scope: GraphErrorScope;
  /** Only this use of the API is limited; null = all of them. */
  useCase: GraphUseCase | null;
}

/** A PlatformError that still knows Meta's numbers, how far it reaches, and Meta's own words. */
export class GraphError extends PlatformError {
  constructor(
    readonly verdict: GraphVerdict,
    readonly userMessage: string | null = null,
  ) {
    super(verdict.kind, verdict.message, verdict.retryAfterMs, verdict.fbtraceId, verdict.scope);
    this.name = 'GraphError';
  }
}

/**
 * Never `ambiguous`: whether a transient fault may have left a write behind is the caller's to say.
 */
export function classifyGraphError(failure: GraphFailure): GraphVerdict {
  const { httpStatus, headers } = failure;
  const body = typeof failure.body === 'string' ? parseJson(failure.body) : failure.body;
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : null;
  const fbtraceId = text(error?.['fbtrace_id']) ?? headerOf(headers, 'x-fb-trace-id');
  if (!error) {
    const message = `Meta's answer (HTTP ${httpStatus}) was not one of the Graph API`;
    const nothing = { code: null, subcode: null, retryAfterMs: null, useCase: null };
    return { kind: 'transient', scope: 'object', message, fbtraceId, ...nothing };
  }
  const code = wholeNumber(error['code']);
  const subcode = wholeNumber(error['error_subcode']);
  const meaning = judge(code, subcode, error['is_transient'], httpStatus);
  return {
    kind: meaning.kind,
    retryAfterMs: waitOf(meaning, headers, failure.adAccountId ?? null),
    message: messageOf(error, code, subcode),
    code,
    subcode,
    fbtraceId,
    scope: meaning.scope,
    useCase: meaning.useCase,
  };
}

/** Whether a parsed answer carries Meta's error envelope, whatever its HTTP status. */
export function isErrorEnvelope(body: unknown): boolean {
  return isRecord(body) && isRecord(body['error']);
}

function judge(
  code: number | null,
  subcode: number | null,
  isTransient: unknown,
  httpStatus: number,
): Pick<GraphMeaning, 'kind' | 'scope' | 'wait' | 'useCase'> {
  const known = meaningOf(code, subcode);
  const unknownKind = { scope: 'object', wait: 'none', useCase: null } as const;
  if (isTransient === true && yieldsToTransient(known)) {
    return { kind: 'transient', ...unknownKind };
  }
  if (known) return known;
  // A number that nobody lists: Meta's own word on it, else the status, the only thing left to go
  // by.
  const mayPass = isTransient === undefined && httpStatus >= 500;
  return { kind: mayPass ? 'transient' : 'invalid', ...unknownKind };
}

function waitOf(
  meaning: Pick<GraphMeaning, 'wait' | 'useCase'>,
  headers: GraphHeaders,
  adAccountId: string | null,
): number | null {
  if (meaning.wait === 'none') return null;
  if (typeof meaning.wait === 'object') return meaning.wait.ms;
  const announced = regainAccessMs(headers, meaning.useCase, adAccountId);
  return announced ?? (meaning.wait === 'block' ? scoreBlockMs(headers) : null);
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}
