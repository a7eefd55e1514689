// Requests that arrive while a write is under way join the next one: one transaction, one flush to
// disk for all of them. A lone request never waits for company.
import { isContentError } from './unavailable.js';
import { DomainError } from '../errors.js';

export interface GroupLimits {
  /** Rows in one write; a longer one would hold its locks for too long. */
  rowsMax: number;
  /** Rows of one key that may wait; more would grow memory while the database is slow. */
  waitingRowsMax: number;
}

interface Waiting<Request, Answer> {
  request: Request;
  rows: number;
  resolve: (answer: Answer) => void;
  reject: (reason: unknown) => void;
}

/** What waits under one key, and how many rows that is with those being written. */
interface Line<Request, Answer> {
  waiting: Waiting<Request, Answer>[];
  rows: number;
}

/** Asked of a client that meets a full line: by then a line of ordinary length has been written. */
const RETRY_AFTER_SECONDS = 1;

export class GroupCommit<Request, Answer> {
  private readonly lines = new Map<string, Line<Request, Answer>>();

  /**
   * `write` stores the requests of one key in one transaction and answers each in its place; writes
   * of one key never overlap. When the content of one makes it fail, the others are written one by
   * one, so that each meets its own fate only: writing a request again must be harmless. A database
   * that cannot be had is asked once for all of them: asking for each would multiply the waiting.
   */
  constructor(
    private readonly limits: GroupLimits,
    private readonly write: (key: string, requests: Request[]) => Promise<Answer[]>,
  ) {}

  /** 503 `intake.busy` when the line of this key is full: nothing of the request was stored. */
  async add(key: string, request: Request, rows: number): Promise<Answer> {
    const line = this.lines.get(key) ?? { waiting: [], rows: 0 };
    if (line.rows > 0 && line.rows + rows > this.limits.waitingRowsMax) {
      throw new DomainError(503, 'intake.busy', 'More comes in than the database can store.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    line.rows += rows;
    return new Promise((resolve, reject) => {
      line.waiting.push({ request, rows, resolve, reject });
      if (this.lines.get(key) === line) return;
      this.lines.set(key, line);
      void this.serve(key, line);
    });
  }

  private async serve(key: string, line: Line<Request, Answer>): Promise<void> {
    while (line.waiting.length > 0) {
      const group = nextGroup(line.waiting, this.limits.rowsMax);
      await this.settle(key, group);
      for (const { rows } of group) line.rows -= rows;
    }
    this.lines.delete(key);
  }

  private async settle(key: string, group: Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.write(
        key,
        group.map(({ request }) => request),
      );
      group.forEach(({ resolve }, place) => resolve(answers[place]!));
    } catch (error) {
      if (group.length > 1 && isContentError(error)) {
        for (const one of group) await this.settle(key, [one]);
      } else for (const { reject } of group) reject(error);
    }
  }
}

/** Takes the oldest off the line: at least one, then as many as fit. */
function nextGroup<Request, Answer>(
  waiting: Waiting<Request, Answer>[],
  rowsMax: number,
): Waiting<Request, Answer>[] {
  let [count, rows] = [0, 0];
  for (const one of waiting) {
    if (count > 0 && rows + one.rows > rowsMax) break;
    rows += one.rows;
    count += 1;
  }
  return waiting.splice(0, count);
}
