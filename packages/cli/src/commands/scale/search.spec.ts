import { defineSpec } from "../../engine/types.ts";
import { path, smallInteger, text } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";
import { machineId, pairingId, tokenFile } from "./options.ts";

export const spec = defineSpec({
  path: ["scale", "search"],
  summary: "Search the market for a service: ranked quotes with prices",
  alsoSought: ["find", "services", "quotes"],
  args: [],
  options: {
    "machine-id": machineId,
    "service-type": {
      summary: "What is wanted, such as oracle.price-feed, storage.object, data.location, device.control",
      value: text("TYPE"),
      required: true,
      alsoSought: ["type", "service"],
    },
    "pairing-token-file": tokenFile,
    "agent-pairing-id": { ...pairingId, required: false },
    operation: { summary: "The operation that is needed", value: text("NAME") },
    capabilities: { summary: "What the service must be able to do", value: values.csv },
    region: { summary: "Where it should be", value: text("REGION") },
    "max-results": { summary: "Most quotes", value: smallInteger("N", 1, 500), alsoSought: ["limit"] },
    "budget-amount": {
      summary: "What you would like to pay; ranks cheaper services higher",
      value: values.amount,
      alsoSought: ["budget"],
    },
    "budget-max": { summary: "Leaves out what costs more", value: values.amount, alsoSought: ["max-price"] },
    "budget-currency": { summary: "Currency of both", value: values.symbol },
    "native-only": { summary: "Only services that are executed by the market", alsoSought: ["native"] },
    "allow-handoff": { summary: "Also services that are completed elsewhere", alsoSought: ["handoff"] },
    "provider-credentials": {
      summary: "JSON file with credentials by provider; never printed or logged",
      value: path(),
      alsoSought: ["credentials"],
    },
  },
  examples: [
    {
      command:
        "peaqos scale search \\\n  --machine-id mach_61f043950cf1 \\\n  --service-type oracle.price-feed \\\n  --pairing-token-file agent.token \\\n  --budget-max 1 --budget-currency USD",
      does: "Price feeds for at most a dollar, best first",
    },
  ],
  output: [
    { name: "id", type: "string", meaning: "the search" },
    { name: "machine_id", type: "string", meaning: "the machine" },
    { name: "request_payload", type: "object", meaning: "what was asked, secrets redacted" },
    { name: "normalized_task", type: "object", meaning: "how the market read it" },
    { name: "status", type: "string", meaning: "completed or no_match" },
    {
      name: "quotes",
      type: "list",
      meaning:
        "best first: id, service_id, skill_key, provider_key, execution_mode, integration_status, operation, score, reasons, pricing, payment, expires_at, handoff",
    },
    { name: "created_at", type: "time", meaning: "" },
    { name: "agent_pairing_id", type: "string or null", meaning: "who searched" },
    {
      name: "matches",
      type: "object or null",
      meaning: "how many services were looked at, and what left the others out",
    },
  ],
});
