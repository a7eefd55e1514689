// Routes that speak another system's protocol instead of ours: form bodies, a token inside of the
// body, errors in an envelope of their own. The room that owns such a route registers it here.
import { Injectable } from '@nestjs/common';
import type { Problem } from './problem.js';

export interface GuestProtocol {
  /** As the router writes it, e.g. `/:version/:id/events`. */
  route: string;
  /** A token in header or query, known before the body is read. */
  tokenOutside(request: GuestRequest): string | null;
  /** The token in an unparsed body, in one pass over its bytes. */
  tokenInside(body: Buffer, contentType: string): string | null;
  /** The protocol's form of an error. */
  errorAnswer(problem: Problem, requestId: string): unknown;
  /** JSON Schema of that form, for the API document. */
  errorSchema: object;
}

export interface GuestRequest {
  query: unknown;
  headers: Record<string, string | string[] | undefined>;
}

@Injectable()
export class GuestProtocols {
  private readonly byRoute = new Map<string, GuestProtocol>();

  add(protocol: GuestProtocol): void {
    this.byRoute.set(protocol.route, protocol);
  }

  all(): GuestProtocol[] {
    return [...this.byRoute.values()];
  }

  at(route: string | undefined): GuestProtocol | null {
    return this.byRoute.get(route ?? '') ?? null;
  }
}
