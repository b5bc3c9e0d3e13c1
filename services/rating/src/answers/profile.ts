import type { EventRow, MachineCard, MachineProfile } from "@peaqos/protocol";
import { toWire } from "@peaqos/protocol";
import type { Hex } from "viem";
import type { Reads } from "../db/read.ts";
import { type PublishedRow, readPublished } from "../db/read-events.ts";
import { utf8 } from "../db/values.ts";
import { digitsOf } from "../fx/iso4217.ts";
import { bondStatus, type RatedMachine } from "./core.ts";
import { didOf } from "./did.ts";
import type { PartnerData } from "./partner.ts";

/** What a machine shows of itself: the profile (NFT metadata) and the Machine Card. */

export type Attributes = ReadonlyMap<string, Hex>;

/** Text of an attribute; absent, empty and unreadable ones are `null`. */
export function attributeText(attributes: Attributes, name: string): string | null {
  const hex = attributes.get(name);
  const text = hex === undefined ? null : utf8(hex);
  return text === null || text === "" ? null : text;
}

type Visibility = "public" | "private" | "onchain";

/** Unset, empty and unknown words mean private. */
export function visibilityOf(attributes: Attributes): Visibility {
  const word = attributeText(attributes, "data_visibility");
  return word === "public" || word === "onchain" ? word : "private";
}

/** The operator the registry knows, else the one the machine names; `null` when it manages itself. */
function operatorDid(rated: RatedMachine, attributes: Attributes): string | null {
  const { operator } = rated.loaded.machine;
  return operator === null ? attributeText(attributes, "operator") : didOf(operator);
}

/** On-chain bytes as an object: `{}` when they are empty, unreadable or something else than an object. */
export function metadataObject(hex: Hex): Record<string, unknown> {
  const text = hex === "0x" ? null : utf8(hex);
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function eventRow(row: PublishedRow): EventRow {
  const base = {
    origin_value: toWire(row.value),
    timestamp: row.happenedAt,
    trust_level: row.trustClaimed,
    metadata: metadataObject(row.metadata),
  };
  if (row.eventType === 1) return { event_type: 1, ...base };
  const digits = digitsOf(row.currency);
  return {
    event_type: 0,
    ...base,
    origin_currency: row.currency,
    usd_value: row.usd === null ? null : toWire(row.usd),
    origin_subunit: digits === null ? null : 10 ** digits,
    usd_subunit: 100,
    amount_status: digits === null ? "unsupported_currency" : row.usd === null ? "fx_unavailable" : "ok",
  };
}

/** Rows of `event_data` at most. */
const shownEvents = 100;

export async function profileBody(
  rated: RatedMachine,
  attributes: Attributes,
  deps: { reads: Reads; partner: PartnerData },
): Promise<MachineProfile> {
  const { machine, counts } = rated.loaded;
  const visibility = visibilityOf(attributes);
  const dataApi = attributeText(attributes, "data_api");
  return {
    schema_version: "1.0",
    name: machine.tokenId === null ? "Machine (no NFT)" : `Machine #${machine.tokenId}`,
    peaqos: {
      machine_id: toWire(machine.machineId),
      did: didOf(machine.owner),
      operator: operatorDid(rated, attributes),
      mcr: rated.result.mcr,
      mcr_score: rated.result.mcrScore,
      bond_status: bondStatus(rated),
      negative_flag: rated.negativeFlag,
      event_count: counts.events,
      data_visibility: visibility,
      documentation_url: attributeText(attributes, "documentation_url"),
      ...(visibility === "private" && dataApi !== null ? { data_api: dataApi } : {}),
      ...(visibility === "onchain"
        ? { event_data: (await readPublished(deps.reads, machine.machineId, 0, shownEvents)).map(eventRow) }
        : {}),
      ...(visibility === "public" ? await deps.partner.of(dataApi) : {}),
    },
  };
}

export function cardBody(
  rated: RatedMachine,
  attributes: Attributes,
  registry: { chainId: bigint; identityRegistry: Hex },
): MachineCard {
  const { machine, counts } = rated.loaded;
  const dataApi = attributeText(attributes, "data_api");
  return {
    type: "peaqos:registration:v1",
    name: `Machine #${machine.machineId}`,
    description: "peaqOS machine",
    did: didOf(machine.owner),
    active: true,
    services: dataApi === null ? [] : [{ name: "web", endpoint: dataApi }],
    data_visibility: visibilityOf(attributes),
    documentation_url: attributeText(attributes, "documentation_url") ?? "",
    operator: operatorDid(rated, attributes),
    bond_status: bondStatus(rated),
    event_count: counts.events,
    registrations: [
      {
        type: "peaqos:registration:v1",
        machineId: toWire(machine.machineId),
        machineRegistry: `eip155:${registry.chainId}:${registry.identityRegistry}`,
      },
    ],
  };
}
