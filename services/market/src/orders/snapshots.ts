import type { PoolClient } from "pg";
import type { Snapshot } from "./insert.ts";

/** Services as orders saw them, by hash. They never change and thousands of orders share one, so each is read once. */

const known = new Map<string, Snapshot>();
const maxKnown = 1_000;
const texts = new WeakMap<object, string>();

/** The JSON of a service that was read here; undefined for any other object. */
export const textOf = (document: object): string | undefined => texts.get(document);

/** @throws Error for a hash that nobody has kept: orders and their services are written together. */
export async function snapshotsOf(
  client: Pick<PoolClient, "query">,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Snapshot>> {
  const found = new Map<string, Snapshot>();
  const missing = new Set<string>();
  for (const hash of hashes) {
    const snapshot = known.get(hash);
    if (snapshot === undefined) missing.add(hash);
    else found.set(hash, snapshot);
  }
  if (missing.size === 0) return found;
  const { rows } = await client.query<{ hash: string; text: string }>({
    name: "order_services",
    text: "select hash, document::text as text from order_services where hash = any($1)",
    values: [[...missing]],
  });
  for (const { hash, text } of rows) {
    const snapshot = { hash, text, document: JSON.parse(text) as object };
    if (known.size >= maxKnown) known.delete(known.keys().next().value as string);
    known.set(hash, snapshot);
    texts.set(snapshot.document, text);
    found.set(hash, snapshot);
    missing.delete(hash);
  }
  if (missing.size > 0) throw new Error(`the services ${[...missing].join(", ")} of orders are not kept`);
  return found;
}
