// Shapes for the document. TypeBox schemas are JSON Schema, as OpenAPI 3.1 has it; the shape of an
// answer is read off its example.

export type JsonSchema = Record<string, unknown>;

/** The values of a field that has few, by the field's name. */
export type FewValues = Readonly<Record<string, readonly string[]>>;

/** Kept beside the fields, so that examples made of examples keep it. */
const FEW = Symbol('few values');

/** An example of an object, with what some of its fields may hold. */
export function withValues<T extends object>(values: FewValues, example: T): T {
  return { ...example, [FEW]: values };
}

/** What has a default need not be sent. */
export function inputSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inputSchema);
  if (typeof node !== 'object' || node === null) return node;
  const plain = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, inputSchema(value)]),
  );
  const { required, properties } = plain as { required?: string[]; properties?: JsonSchema };
  if (!Array.isArray(required) || properties === undefined) return plain;
  const needed = required.filter((name) => !('default' in ((properties[name] ?? {}) as object)));
  const rest = Object.entries(plain).filter(([name]) => name !== 'required');
  return { ...Object.fromEntries(rest), ...(needed.length > 0 ? { required: needed } : {}) };
}

/** null is "not known" wherever a figure or text may stand. */
export function schemaOfExample(example: unknown): JsonSchema {
  if (Array.isArray(example)) {
    return { type: 'array', items: example.length > 0 ? schemaOfExample(example[0]) : {} };
  }
  if (example === null) return {};
  if (typeof example !== 'object') return { type: [typeof example, 'null'] };
  const few = (example as { [FEW]?: FewValues })[FEW] ?? {};
  const properties = Object.entries(example as object).map(([name, value]) => {
    const values = few[name];
    const schema = values
      ? { type: ['string', 'null'], enum: [...values, null] }
      : schemaOfExample(value);
    return [name, schema] as const;
  });
  return { type: ['object', 'null'], properties: Object.fromEntries(properties) };
}
