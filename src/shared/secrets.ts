// The two secrets of the server itself, wrapped so that a printed object shows nothing.

abstract class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  toJSON(): string {
    return '[secret]';
  }
}

/** The token of the administrator. */
export class AdminToken extends Secret<string> {}

/** The 32 bytes that seal credentials; null when the server has none. */
export class SecretsKey extends Secret<Buffer | null> {}
