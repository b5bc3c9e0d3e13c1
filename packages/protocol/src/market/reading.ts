import { z } from "zod";

/**
 * How a client reads an answer. A server of ours sends every field with a value from the lists; other servers leave
 * some out, send null, or know newer words. `readerOf` turns the strict schema of an answer into the tolerant one, so
 * that a shape is written once:
 *
 * - unknown keys stay, unknown words of an enumeration pass, formats and lengths are not checked;
 * - a field marked with `mayLack` may be missing or null and then has its default;
 * - any other text, number or boolean must be there, null included;
 * - any other object or list must be there as such.
 */

// By definition, not by schema: `.describe()` and `.meta()` copy the schema and keep its definition.
const defaults = new WeakMap<object, unknown>();
const aliases = new WeakMap<object, Readonly<Record<string, string>>>();
const objectsOnly = new WeakSet<object>();
const readers = new WeakMap<z.ZodType, z.ZodType>();

/** Marks a field that other servers may leave out: the reader then sees `value`. */
export function mayLack<T extends z.ZodType>(schema: T, value: z.output<T>): T {
  defaults.set(schema.def, value);
  return schema;
}

/** A nullable field that other servers may leave out. */
export function orNull<T extends z.ZodType>(schema: T): z.ZodNullable<T> {
  return mayLack(schema.nullable(), null) as z.ZodNullable<T>;
}

/** The same, where a value of another kind than an object counts as null. */
export function objectOrNull<T extends z.ZodObject>(schema: T): z.ZodNullable<T> {
  const field = orNull(schema);
  objectsOnly.add(field.def);
  return field;
}

/** A list of texts that other servers may leave out. */
export function textList(): z.ZodArray<z.ZodString> {
  return mayLack(z.array(z.string()), []);
}

/** A map of texts that other servers may leave out. */
export function textMap(): z.ZodRecord<z.ZodString, z.ZodString> {
  return mayLack(z.record(z.string(), z.string()), {});
}

/** A free-form object that other servers may leave out; a value of another kind counts as `{}`. */
export function freeForm(): z.ZodRecord<z.ZodString, z.ZodUnknown> {
  return mayLack(z.record(z.string(), z.unknown()), {});
}

/** Reads a field under a second name when the first is missing or null. */
export function alsoReads<T extends z.ZodObject>(schema: T, names: Readonly<Record<string, string>>): T {
  aliases.set(schema.def, names);
  return schema;
}

/**
 * The tolerant form of an answer's schema. Made once per schema.
 *
 * @throws Error for a kind of schema it does not know; a mistake of ours.
 * @example
 * readerOf(machineSchema).parse({ ...machine, status: "retired", labels: null }).labels; // {}
 */
export function readerOf<S extends z.ZodType>(schema: S): z.ZodType<z.output<S>> {
  const known = readers.get(schema);
  const reader = known ?? loosened(schema);
  if (known === undefined) readers.set(schema, reader);
  return reader as z.ZodType<z.output<S>>;
}

/** Numbers beyond 2^53 arrive as bigint (see `parseJson`); amounts of some servers are decimal text. */
const anyNumber = z.preprocess((value) => {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" && /^-?\d{1,30}(\.\d{1,30})?$/.test(value) ? Number(value) : value;
}, z.number());

function loosened(schema: z.ZodType): z.ZodType {
  if (schema.type === "string" || schema.type === "enum") return z.string();
  if (schema.type === "number") return anyNumber;
  if (schema.type === "record") return z.record(z.string(), z.unknown());
  if (["boolean", "literal", "unknown"].includes(schema.type)) return schema;
  if (schema instanceof z.ZodNullable) return readerOf(schema.unwrap() as z.ZodType).nullable();
  if (schema instanceof z.ZodArray) return z.array(readerOf(schema.element as z.ZodType));
  if (schema instanceof z.ZodUnion)
    return z.union(schema.options.map((option) => readerOf(option as z.ZodType)));
  if (schema instanceof z.ZodObject) return looseObject(schema);
  throw new Error(`no tolerant form of a ${schema.type} is known`);
}

function looseObject(schema: z.ZodObject): z.ZodType {
  const shape = Object.fromEntries(
    Object.entries(schema.shape).map(([key, field]) => [key, looseField(field as z.ZodType)]),
  );
  const names = aliases.get(schema.def);
  const object = z.looseObject(shape);
  if (names === undefined) return object;
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null) return value;
    const read: Record<string, unknown> = { ...value };
    for (const [name, other] of Object.entries(names)) read[name] ??= read[other];
    return read;
  }, object);
}

function looseField(field: z.ZodType): z.ZodType {
  if (defaults.has(field.def)) {
    const value = defaults.get(field.def);
    const inner = field instanceof z.ZodNullable ? (field.unwrap() as z.ZodType) : field;
    const read = readerOf(inner)
      .nullish()
      .transform((given) => given ?? structuredClone(value));
    if (objectsOnly.has(field.def))
      return z.preprocess(
        (given) => (typeof given === "object" && !Array.isArray(given) ? given : null),
        read,
      );
    return inner.type === "record" ? read.catch(() => structuredClone(value)) : read;
  }
  return isScalar(field) ? readerOf(field).nullable() : readerOf(field);
}

const scalars = ["string", "number", "boolean", "enum"];
const isScalar = (field: z.ZodType) => scalars.includes(field.type);
