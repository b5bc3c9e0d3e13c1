import { defineSpec } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["show", "operator", "machines"],
  summary: "List the machines of an operator with their ratings",
  alsoSought: ["fleet", "machines", "list"],
  description: "Asks the rating service; needs neither key nor chain, only PEAQOS_MCR_API_URL.",
  args: [{ name: "DID", summary: "the operator", value: values.did }],
  options: {
    all: { summary: "Every page, one after the other", alsoSought: ["every", "full"] },
    limit: {
      summary: "Machines on a page, 1 to 500",
      value: values.smallInteger("N", 1, 500),
      defaultText: "the service's",
      alsoSought: ["count", "page-size", "max"],
    },
    offset: {
      summary: "Machines to leave out first",
      value: values.smallInteger("N", 0, 1_000_000_000),
      default: 0,
      alsoSought: ["skip", "page", "start"],
    },
  },
  examples: [
    {
      command: "peaqos show operator machines did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5",
      does: "The first page and the size of the fleet",
    },
    {
      command:
        "peaqos show operator machines did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 --all --json | jq '.machines | length'",
      does: "All of them, for programs",
    },
  ],
  output: [
    { name: "operator_did", type: "string", meaning: "the operator" },
    { name: "machines", type: "list", meaning: "did, machine_id, mcr_score, mcr, negative_flag of each" },
    { name: "pagination", type: "object", meaning: "offset, limit, total" },
  ],
});
