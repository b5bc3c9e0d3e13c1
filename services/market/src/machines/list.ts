import type { MarketHandler } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { type Cursor, cursorText, readCursor } from "../kit/paging.ts";
import type { MachineParts } from "./handlers.ts";
import { standingOf } from "./proof.ts";
import { type ListedMachine, listMachineRows } from "./store.ts";
import { machineView } from "./view.ts";

/** Questions to the rating service at once. */
const atOnce = 16;
/** Rows looked at for one page at most, so that a tenant with many hidden drafts cannot make a call endless. */
const maxLooked = 2_000;

/**
 * The list: only machines whose identity resolves and whose proof is still of a controller. Hidden ones are passed over
 * and the page filled up, since one published client shows the first page only.
 */
export function createMachineList(
  { config, database }: Market,
  { identity }: Pick<MachineParts, "identity">,
): MarketHandler<"listMachines"> {
  async function isShown(row: ListedMachine): Promise<boolean> {
    if (config.PEAQOS_MACHINE_IDENTITY_VERIFICATION === "off") return true;
    return (await standingOf(identity, row, { bond: false })).ok;
  }

  return async ({ query, caller }) => {
    const shown: ListedMachine[] = [];
    let after: Cursor | null = readCursor(query.cursor);
    let looked = 0;
    let ended = false;
    while (!ended && shown.length <= query.limit && looked < maxLooked) {
      const wanted = Math.max(query.limit + 1 - shown.length, atOnce);
      const rows = await listMachineRows(database.pool, caller.tenantId, after, wanted);
      ended = rows.length < wanted;
      looked += rows.length;
      const last = rows.at(-1);
      if (last !== undefined) after = { createdAt: last.at, id: last.id };
      for (let start = 0; start < rows.length; start += atOnce) {
        const group = rows.slice(start, start + atOnce);
        const flags = await Promise.all(group.map(isShown));
        shown.push(...group.filter((_, index) => flags[index]));
      }
    }
    const page = shown.slice(0, query.limit);
    const lastShown = page.at(-1);
    const cursor =
      shown.length > query.limit && lastShown !== undefined
        ? cursorText({ createdAt: lastShown.at, id: lastShown.id })
        : !ended && after !== null
          ? cursorText(after)
          : undefined;
    const items = page.map(machineView);
    return { status: 200, body: cursor === undefined ? { items } : { items, nextCursor: cursor } };
  };
}
