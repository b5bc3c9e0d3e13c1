import {
  type ClientContext,
  type OperatorMachine,
  type OperatorMachinesResponse,
  queryOperatorMachines,
} from "@peaqos/peaq-os-sdk";
import { ratingContext } from "../../client.ts";
import { usageError } from "../../engine/errors.ts";
import { clean, short, table } from "../../engine/output.ts";
import type { Handler, HandlerContext } from "../../engine/types.ts";
import type { spec } from "./spec.ts";

type Flags = HandlerContext<typeof spec>["flags"];

export const run: Handler<typeof spec> = async ({ args: [did], flags, settings, ui }) => {
  if (flags.all && flags.offset > 0) {
    throw usageError({
      message: "--all and --offset exclude each other",
      value: `--offset ${flags.offset}`,
      rule: "--all shows the fleet from its beginning",
      next: "leave one of them out",
    });
  }
  const client = ratingContext(await settings());
  const page = flags.all
    ? await everyPage(client, did, flags, ui)
    : await onePage(client, did, flags, flags.offset);
  return {
    json: {
      operator_did: page.operatorDid,
      machines: page.machines.map(plain),
      pagination: page.pagination,
    },
    text: fleetText(page, did, flags),
  };
};

const plain = ({ did, machineId, mcrScore, mcr, negativeFlag }: OperatorMachine) => ({
  did,
  machine_id: machineId,
  mcr_score: mcrScore,
  mcr,
  negative_flag: negativeFlag,
});

function onePage(client: ClientContext, did: string, { limit }: Flags, offset: number) {
  return queryOperatorMachines(client, did, {
    ...(offset > 0 ? { offset } : {}),
    ...(limit === undefined ? {} : { limit }),
  });
}

async function everyPage(
  client: ClientContext,
  did: string,
  flags: Flags,
  ui: HandlerContext["ui"],
): Promise<OperatorMachinesResponse> {
  const machines: OperatorMachine[] = [];
  let offset = 0;
  for (;;) {
    const page = await onePage(client, did, flags, offset);
    machines.push(...page.machines);
    const { limit, total } = page.pagination;
    offset = page.pagination.offset + limit;
    ui.debug(`read ${Math.min(offset, total)} of ${total} machines`);
    // A page may be short (ids that are not registered are left out), so the offset counts, not the rows.
    if (limit <= 0 || offset >= total) {
      return { operatorDid: page.operatorDid, machines, pagination: { offset: 0, limit: total, total } };
    }
  }
}

export function fleetText(
  page: OperatorMachinesResponse,
  did: string,
  flags: Pick<Flags, "all" | "limit">,
): string {
  const { machines, operatorDid, pagination } = page;
  const { offset, limit, total } = pagination;
  const head = `Operator: ${clean(operatorDid)}`;
  if (total === 0) return `${head}\nThis operator lists no machines. \`peaqos activate --for\` adds one.`;
  const shown =
    machines.length === total ? String(total) : `${total} (${machines.length} shown, from ${offset + 1})`;
  const rows = table(
    [
      { title: "peaqID" },
      { title: "Machine ID", right: true },
      { title: "MCR", right: true },
      { title: "Rating" },
      { title: "Flag" },
    ],
    machines.map((machine) => [
      clean(short(machine.did)),
      String(machine.machineId),
      String(machine.mcrScore),
      machine.mcr,
      machine.negativeFlag ? "flagged" : "",
    ]),
  );
  const next = offset + limit;
  const more =
    !flags.all && next < total
      ? [
          "",
          `Next page: peaqos show operator machines ${did}${flags.limit === undefined ? "" : ` --limit ${flags.limit}`} --offset ${next}   (or --all)`,
        ]
      : [];
  return [head, `Machines: ${shown}`, "", rows, ...more].join("\n");
}
