// custom_data.delivery_category, alone and in contents: Meta knows three words and refuses what
// stands there instead.
import type { FieldVerdict } from '../identity/user-data.js';

const CATEGORIES = new Set(['in_store', 'curbside', 'home_delivery']);
const NAME = 'delivery_category';

/** The same custom_data with its categories trimmed and in lower case; unknown ones are dropped. */
export function withDeliveryCategory(customData: Record<string, unknown>): {
  customData: Record<string, unknown>;
  fields: FieldVerdict[];
} {
  const own = cleaned(customData, NAME);
  const { contents } = own.data;
  if (!Array.isArray(contents)) return { customData: own.data, fields: own.fields };
  const items = contents.map((item: unknown) =>
    isRecord(item) ? cleaned(item, `contents.${NAME}`) : { data: item, fields: [] },
  );
  const [dropped] = items.flatMap(({ fields }) => fields);
  return {
    customData: { ...own.data, contents: items.map(({ data }) => data) },
    fields: dropped === undefined ? own.fields : [...own.fields, dropped],
  };
}

function cleaned(
  data: Record<string, unknown>,
  field: string,
): { data: Record<string, unknown>; fields: FieldVerdict[] } {
  if (!Object.hasOwn(data, NAME)) return { data, fields: [] };
  const { [NAME]: given, ...rest } = data;
  const category = typeof given === 'string' ? given.trim().toLowerCase() : '';
  if (CATEGORIES.has(category)) return { data: { ...rest, [NAME]: category }, fields: [] };
  return { data: rest, fields: [{ field, verdict: 'dropped', reason: 'unknown_category' }] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
