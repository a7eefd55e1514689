// Shapes for the document. TypeBox schemas are JSON Schema, as OpenAPI 3.1 has it; the shape of an
// answer is read off its example.

export type JsonSchema = Record<string, unknown>;

/** Values that a field of this name may have, at any depth of the answer. */
export type Enums = Readonly<Record<string, readonly string[]>>;

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
  const { required: _, ...rest } = plain;
  return needed.length > 0 ? { ...rest, required: needed } : rest;
}

/** null is "not known" wherever a figure or text may stand; a list or object is always there. */
export function schemaOfExample(example: unknown, enums: Enums = {}, name = ''): JsonSchema {
  const values = enums[name];
  if (values !== undefined && !Array.isArray(example)) {
    return { type: ['string', 'null'], enum: [...values, null] };
  }
  if (Array.isArray(example)) {
    const items = example.length > 0 ? schemaOfExample(example[0], enums, name) : {};
    return { type: 'array', items };
  }
  if (example === null) return {};
  if (typeof example === 'object') {
    const properties = Object.entries(example).map(([field, value]) => [
      field,
      schemaOfExample(value, enums, field),
    ]);
    return { type: ['object', 'null'], properties: Object.fromEntries(properties) };
  }
  return { type: [typeof example, 'null'] };
}
