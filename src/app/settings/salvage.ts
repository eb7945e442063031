import * as z from 'zod';

/**
 * What a schema can keep of a stored value: of an object every field that fits, of a list every item that does. What does not
 * fit becomes `fallback`, field by field where that is an object too, or the schema's own default. Undefined: nothing can be kept.
 */
export function salvage(schema: z.ZodType, value: unknown, fallback?: unknown): unknown {
  const whole = schema.safeParse(value);
  if (whole.success && value !== undefined) return whole.data;
  if (schema instanceof z.ZodDefault && value !== undefined) {
    return salvage(schema.unwrap() as z.ZodType, value, fallback ?? byDefault(schema));
  }
  if (schema instanceof z.ZodObject && isRecord(value)) return salvageFields(schema, value, fallback);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const kept = value.map((item) => salvage(schema.element as z.ZodType, item)).filter((item) => item !== undefined);
    return schema.safeParse(kept).success ? kept : fallback;
  }
  return fallback ?? (whole.success ? whole.data : byDefault(schema));
}

function salvageFields(schema: z.ZodObject, value: Record<string, unknown>, fallback: unknown): unknown {
  const defaults = isRecord(fallback) ? fallback : {};
  const fields = Object.entries(schema.shape).map(([name, field]) => [name, salvage(field as z.ZodType, value[name], defaults[name])]);
  const read = schema.safeParse(Object.fromEntries(fields));
  return read.success ? read.data : fallback;
}

function byDefault(schema: z.ZodType): unknown {
  const read = schema.safeParse(undefined);
  return read.success ? read.data : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
