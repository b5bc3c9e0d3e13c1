import { defineSpec } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["show", "machine"],
  summary: "Show a machine's profile: operator, DID, rating, events",
  alsoSought: ["profile", "get", "inspect"],
  description: "Asks the rating service; needs neither key nor chain, only PEAQOS_MCR_API_URL.",
  args: [{ name: "DID", summary: "the machine", value: values.did }],
  options: {},
  examples: [
    {
      command: "peaqos show machine did:peaq:0xabc1230000000000000000000000000000000001",
      does: "For people",
    },
    {
      command: "peaqos show machine did:peaq:0xabc1230000000000000000000000000000000001 --json",
      does: "For programs",
    },
  ],
  output: [
    { name: "schema_version", type: "string", meaning: "1.0" },
    { name: "name", type: "string", meaning: "name of the machine" },
    {
      name: "peaqos",
      type: "object",
      meaning:
        "machine_id, did, operator, mcr, mcr_score, bond_status, negative_flag, event_count, data_visibility, documentation_url, and by visibility data_api, event_data, partner_data, partner_data_error",
    },
  ],
});
