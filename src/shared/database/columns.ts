import type { ColumnOptions } from 'typeorm';

/** The two directions of such a column. */
export const bigintTransform = {
  transformer: {
    to: (value: number | null | undefined) => value,
    from: (value: string | null) => (value === null ? null : Number(value)),
  },
};

/**
 * A bigint column as a number: the driver hands bigints over as text, and every count and amount
 * kept here is bounded far below 2^53.
 */
export function bigintColumn(name: string, nullable = true): ColumnOptions {
  return { name, type: 'bigint', nullable, ...bigintTransform };
}
