// Who may have a request's body read. The shell asks before it reads; the room that knows the keys
// answers.
export interface KnockingRequest {
  ip: string;
  method: string;
  headers: Record<string, string | string[] | undefined>;
}

export abstract class Gatekeeper {
  /**
   * Remembers on the request whose it is. `token` null = take the one of the header.
   * @throws DomainError 401 without a valid key, 403 for one that may only read, 429 for too many.
   */
  abstract admit(request: KnockingRequest, token: string | null): Promise<unknown>;

  /** Under which name the request's bytes are counted; null while nobody knows whose they are. */
  abstract holderOf(request: KnockingRequest): string | null;
}
