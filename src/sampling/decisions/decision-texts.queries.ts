// Inputs and answer of a decision as they are stored: text of up to forty megabytes each, which
// comes and goes in pieces, so that no statement keeps the server from serving others.
import type { EntityManager } from 'typeorm';
import type { DecisionInputs } from './decision-answer.js';

const PIECE_BYTES = 512 * 1024;
/** Below it texts are parameters like any other. */
const PARAMETERS_BYTES_MAX = 2 * PIECE_BYTES;

type Part = 'inputs' | 'answer';
export type DecisionTexts = Record<Part, readonly Buffer[]>;

interface TextValues {
  /** Expressions for an insert in the same transaction. */
  expressions: Record<Part, () => string>;
  parameters: Partial<Record<Part, Buffer>>;
}

/** To be called within the transaction that inserts. */
export async function textValues(
  manager: EntityManager,
  texts: DecisionTexts,
): Promise<TextValues> {
  if (bytesOf(texts.inputs) + bytesOf(texts.answer) <= PARAMETERS_BYTES_MAX) {
    return {
      expressions: { inputs: () => ':inputs', answer: () => ':answer' },
      parameters: { inputs: Buffer.concat(texts.inputs), answer: Buffer.concat(texts.answer) },
    };
  }
  await manager.query(
    `create temporary table decision_pieces (part text, place int, piece bytea) on commit drop`,
  );
  await stage(manager, 'inputs', texts.inputs);
  await stage(manager, 'answer', texts.answer);
  return {
    expressions: { inputs: () => staged('inputs'), answer: () => staged('answer') },
    parameters: {},
  };
}

async function stage(manager: EntityManager, part: Part, pieces: readonly Buffer[]) {
  let group: Buffer[] = [];
  for (const [place, piece] of pieces.entries()) {
    group.push(piece);
    if (place < pieces.length - 1 && bytesOf(group) < PIECE_BYTES) continue;
    await manager.query(`insert into decision_pieces (part, place, piece) values ($1, $2, $3)`, [
      part,
      place,
      Buffer.concat(group),
    ]);
    group = [];
  }
}

function staged(part: Part): string {
  return `(select cast(convert_from(string_agg(piece, null order by place), 'UTF8') as json)
             from decision_pieces where part = '${part}')`;
}

/** As it was stored, to the byte; null where there is no such decision. */
export async function readText(
  manager: EntityManager,
  part: Part,
  accountId: string,
  decisionId: string,
): Promise<Buffer[] | null> {
  const rows: { piece: Buffer }[] = await manager.query(
    `with whole as materialized (
       select convert_to(${part}::text, 'UTF8') as bytes
         from sampling_decisions where account_id = $1 and decision_id = $2)
     select substr(bytes, place * $3 + 1, $3) as piece
       from whole, generate_series(0, (length(bytes) - 1) / $3) place
      order by place`,
    [accountId, decisionId, PIECE_BYTES],
  );
  return rows.length > 0 ? rows.map(({ piece }) => piece) : null;
}

/** Read ad by ad: parsing all of them at once would take as long as deciding. */
export async function readInputs(
  manager: EntityManager,
  accountId: string,
  decisionId: string,
): Promise<DecisionInputs | null> {
  const [rest]: [Rest?] = await manager.query(
    `select (select json_object_agg(key, value) from json_each(inputs)
              where key <> 'allocation') as others,
            (select json_object_agg(key, value) from json_each(inputs -> 'allocation')
              where key <> 'ads') as allocation
       from sampling_decisions where account_id = $1 and decision_id = $2`,
    [accountId, decisionId],
  );
  if (!rest) return null;
  const ads: { ad: DecisionInputs['allocation']['ads'][number] }[] = await manager.query(
    `select json_array_elements(inputs -> 'allocation' -> 'ads') as ad
       from sampling_decisions where account_id = $1 and decision_id = $2`,
    [accountId, decisionId],
  );
  return { ...rest.others, allocation: { ...rest.allocation, ads: ads.map(({ ad }) => ad) } };
}

interface Rest {
  others: Omit<DecisionInputs, 'allocation'>;
  allocation: Omit<DecisionInputs['allocation'], 'ads'>;
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
