import assert from "node:assert/strict";
import { snakeToCamelKey, toSnakeCase } from "@peaqos/peaq-os-sdk";

/** Fields of the published types that have another name on the wire. */
const wireNames: Readonly<Record<string, string>> = { rail_type: "type", input_payload: "input" };

type Instance = { readonly $type: string } & Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isInstance = (value: unknown): value is Instance => isObject(value) && typeof value.$type === "string";
const isNothing = (value: unknown) =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

/**
 * Every field of what the published client parsed is what the answer said, at any depth: an instance field by field,
 * a free-form map with its keys in snake_case (keys under `opaque` excepted, which a later client leaves alone).
 */
export function assertParsed(
  parsed: unknown,
  answer: unknown,
  at: string,
  opaque: readonly string[] = [],
): void {
  if (isInstance(parsed)) {
    assert.ok(isObject(answer), `${at} is no object on the wire`);
    for (const [name, value] of Object.entries(parsed)) {
      if (name === "$type") continue;
      const key = [wireNames[name], snakeToCamelKey(name)].find(
        (each) => each !== undefined && each in answer,
      );
      const sent = key === undefined ? undefined : answer[key];
      if (isNothing(value)) assert.ok(isNothing(sent), `${at}.${name} was lost: ${JSON.stringify(sent)}`);
      else assertParsed(value, sent, `${at}.${name}`, opaque);
    }
  } else if (Array.isArray(parsed)) {
    assert.ok(Array.isArray(answer), `${at} is no array on the wire`);
    assert.equal(parsed.length, answer.length, at);
    parsed.forEach((each, index) => {
      assertParsed(each, answer[index], `${at}.${index}`, opaque);
    });
  } else if (isObject(parsed)) {
    assert.ok(isObject(answer), `${at} is no object on the wire`);
    const name = at.slice(at.lastIndexOf(".") + 1);
    const expected = opaque.includes(snakeToCamelKey(name))
      ? answer
      : toSnakeCase(answer, { opaque: [...opaque] });
    assert.deepEqual(parsed, expected, at);
  } else assert.deepEqual(parsed, answer, at);
}

/** The same without the names of the types, for comparing with a literal. */
// biome-ignore lint/suspicious/noExplicitAny: the answers are a foreign program's; each case checks what it needs.
export function plain(parsed: any): any {
  if (Array.isArray(parsed)) return parsed.map(plain);
  if (!isObject(parsed)) return parsed;
  return Object.fromEntries(
    Object.entries(parsed)
      .filter(([name]) => name !== "$type")
      .map(([name, value]) => [name, plain(value)]),
  );
}
