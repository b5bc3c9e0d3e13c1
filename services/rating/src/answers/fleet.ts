import type { OperatorMachines } from "@peaqos/protocol";
import { parseJson, toWire } from "@peaqos/protocol";
import type { Reads } from "../db/read.ts";
import { didOf, type Subject } from "./did.ts";
import type { RatingKeeper } from "./keeper.ts";
import { attributeText } from "./profile.ts";

/** The fleet an operator lists in its DID attribute `machines`, a JSON array of ids. */

const maxUint256 = 2n ** 256n - 1n;

/** Valid ids in the order of the list, each once. Anything that is not a positive integer is passed over. */
export function fleetIds(text: string | null): bigint[] {
  if (text === null) return [];
  let list: unknown;
  try {
    list = parseJson(text);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  const ids = list.filter((id): id is number | bigint =>
    typeof id === "bigint" ? id > 0n && id <= maxUint256 : Number.isSafeInteger(id) && id > 0,
  );
  return [...new Set(ids.map(BigInt))];
}

export async function fleetBody(
  operator: Subject,
  page: { offset: number; limit: number },
  deps: { reads: Reads; keeper: RatingKeeper },
): Promise<OperatorMachines> {
  const ids = fleetIds(attributeText(await deps.reads.attributes(operator.address), "machines"));
  const shown = ids.slice(page.offset, page.offset + page.limit);
  const found = await deps.keeper.loadMany(shown);
  return {
    operator_did: operator.did,
    machines: shown.flatMap((id) => {
      const entry = found.get(id);
      if (entry === undefined) return [];
      const { result, negativeFlag, loaded } = entry.rated;
      return [
        {
          did: didOf(loaded.machine.owner),
          machine_id: toWire(id),
          mcr_score: result.mcrScore,
          mcr: result.mcr,
          negative_flag: negativeFlag,
        },
      ];
    }),
    pagination: { offset: page.offset, limit: page.limit, total: ids.length },
  };
}
