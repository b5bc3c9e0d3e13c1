import {
  batchAbi,
  didAbi,
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineNftAbi,
} from "@peaqos/abi";
import { type Abi, decodeFunctionResult, encodeFunctionData } from "viem";
import type { CONTRACT_VARIABLES } from "../config/variables.ts";
import { address as addressType } from "../engine/values.ts";
import { RpcAnswerError, rpc } from "../rpc.ts";
import { badService, badSetting, type Check, ok, type Patient, skip, warn } from "./types.ts";

type Name = (typeof CONTRACT_VARIABLES)[number]["name"];

/** A question only the right contract answers. */
const PROOFS: readonly { name: Name; label: string; abi: Abi; ask: string }[] = [
  {
    name: "IDENTITY_REGISTRY_ADDRESS",
    label: "IdentityRegistry",
    abi: identityRegistryAbi as Abi,
    ask: "totalMachines",
  },
  {
    name: "IDENTITY_STAKING_ADDRESS",
    label: "IdentityStaking",
    abi: identityStakingAbi as Abi,
    ask: "totalStaked",
  },
  {
    name: "EVENT_REGISTRY_ADDRESS",
    label: "EventRegistry",
    abi: eventRegistryAbi as Abi,
    ask: "totalEventCount",
  },
  { name: "MACHINE_NFT_ADDRESS", label: "MachineNFT", abi: machineNftAbi as Abi, ask: "totalMinted" },
];

/** Code at every address, the right contract behind each, and links that lead to each other. */
export async function checkContracts(patient: Patient): Promise<Check[]> {
  const { settings, timeoutMs } = patient;
  const url = settings.get("PEAQOS_RPC_URL")!;
  const at = (name: Name) => addressType.parse(settings.get(name) ?? "");
  const view = async (to: string, abi: Abi, functionName: string, args: readonly unknown[] = []) => {
    const data = encodeFunctionData({ abi, functionName, args });
    const answer = (await rpc(url, "eth_call", [{ to, data }, "latest"], { timeoutMs })) as `0x${string}`;
    return decodeFunctionResult({ abi, functionName, data: answer });
  };
  const answers = (to: string, proof: (typeof PROOFS)[number]) =>
    view(to, proof.abi, proof.ask).then(
      () => true,
      () => false,
    );

  const checks: Check[] = [];
  const sound = new Set<Name>();
  for (const proof of PROOFS) {
    const { name, label } = proof;
    const address = at(name);
    const id = `contract-${label.toLowerCase()}`;
    if (!address) {
      checks.push(skip(id, `${label} not asked: ${name} is not usable`));
      continue;
    }
    const code = await rpc(url, "eth_getCode", [address, "latest"], { timeoutMs });
    if (code === "0x") {
      checks.push(
        badSetting(
          id,
          `There is no contract at ${name} ${address} on this chain`,
          "check the address and that PEAQOS_RPC_URL is its chain",
        ),
      );
      continue;
    }
    if (await answers(address, proof)) {
      sound.add(name);
      checks.push(ok(id, `${label} answers at ${address}`));
      continue;
    }
    const real = await Promise.all(
      PROOFS.map(async (other) => (other !== proof && (await answers(address, other)) ? other : undefined)),
    );
    const other = real.find((entry) => entry !== undefined);
    checks.push(
      badSetting(
        id,
        other
          ? `${name} leads to the ${other.label}: the addresses of ${label} and ${other.label} look swapped`
          : `The contract at ${name} ${address} is no ${label}`,
        other ? `swap ${name} and ${other.name}` : "check the address: another contract stands there",
      ),
    );
  }
  if (sound.size === PROOFS.length)
    checks.push(...(await checkLinks(at, view)), ...(await checkPauses(at, view)));
  checks.push(...(await checkPrecompiles(patient, at, view)));
  return checks;
}

type At = (name: Name) => `0x${string}` | undefined;
type ViewCall = (to: string, abi: Abi, functionName: string, args?: readonly unknown[]) => Promise<unknown>;

async function checkLinks(at: At, view: ViewCall): Promise<Check[]> {
  const events = at("EVENT_REGISTRY_ADDRESS")!;
  const registry = at("IDENTITY_REGISTRY_ADDRESS")!;
  const staking = at("IDENTITY_STAKING_ADDRESS")!;
  const [linkedRegistry, linkedStaking, authorized, currencies] = await Promise.all([
    view(events, eventRegistryAbi as Abi, "identityRegistryAddress").catch(() => undefined),
    view(events, eventRegistryAbi as Abi, "identityStakingAddress").catch(() => undefined),
    view(staking, identityStakingAbi as Abi, "isAuthorized", [registry]).catch(() => undefined),
    view(events, eventRegistryAbi as Abi, "CURRENCY_MAX_LEN").then(
      () => true,
      () => false,
    ),
  ]);
  const checks: Check[] = [];
  const differs = (linked: unknown, ours: string) =>
    typeof linked === "string" && linked.toLowerCase() !== ours.toLowerCase();
  if (differs(linkedRegistry, registry)) {
    checks.push(
      badSetting(
        "links",
        `The EventRegistry works with the IdentityRegistry ${linkedRegistry}, but IDENTITY_REGISTRY_ADDRESS is ${registry}`,
        "take both addresses from one deployment",
      ),
    );
  }
  if (differs(linkedStaking, staking)) {
    checks.push(
      badSetting(
        "links",
        `The EventRegistry works with the IdentityStaking ${linkedStaking}, but IDENTITY_STAKING_ADDRESS is ${staking}`,
        "take both addresses from one deployment",
      ),
    );
  }
  if (authorized === false) {
    checks.push(
      badSetting(
        "links",
        `IdentityStaking ${staking} does not know the IdentityRegistry ${registry}: a registration would fail`,
        "take both addresses from one deployment",
      ),
    );
  }
  if (checks.length === 0) checks.push(ok("links", "The contracts know each other"));
  checks.push(
    currencies
      ? ok("registry-version", "The EventRegistry takes currencies (ten arguments)")
      : warn(
          "registry-version",
          "The EventRegistry is the older one without currencies (nine arguments): amounts count as US cents",
          "use a network with the current contract for other currencies",
        ),
  );
  return checks;
}

async function checkPauses(at: At, view: ViewCall): Promise<Check[]> {
  const contracts = [
    ["EventRegistry", "EVENT_REGISTRY_ADDRESS", eventRegistryAbi, "events cannot be submitted"],
    ["IdentityStaking", "IDENTITY_STAKING_ADDRESS", identityStakingAbi, "machines cannot be registered"],
    ["MachineNFT", "MACHINE_NFT_ADDRESS", machineNftAbi, "NFTs cannot be minted"],
  ] as const;
  const checks: Check[] = [];
  for (const [label, name, abi, consequence] of contracts) {
    const paused = await view(at(name)!, abi as unknown as Abi, "paused").catch(() => false);
    if (paused === true) {
      checks.push(
        badService(
          "paused",
          `${label} is paused by its owner: ${consequence}`,
          "wait until it is unpaused, or ask whoever runs the contracts",
        ),
      );
    }
  }
  return checks;
}

async function checkPrecompiles({ settings, timeoutMs }: Patient, at: At, view: ViewCall): Promise<Check[]> {
  const checks: Check[] = [];
  const did = at("DID_REGISTRY_ADDRESS");
  if (did) {
    // A DID without the attribute reverts with a text; a wrong address answers nothing at all.
    const somebody = "0x0000000000000000000000000000000000000001";
    const answer = await view(did, didAbi as Abi, "readAttribute", [somebody, "0x6d616368696e654964"]).then(
      () => true,
      (error) => error instanceof RpcAnswerError,
    );
    checks.push(
      answer
        ? ok("contract-did", `DID registry answers at ${did}`)
        : badSetting(
            "contract-did",
            `Nothing answers as DID registry at DID_REGISTRY_ADDRESS ${did}`,
            "on peaq networks it is 0x0000000000000000000000000000000000000800",
          ),
    );
  }
  const batch = at("BATCH_PRECOMPILE_ADDRESS");
  if (batch) {
    const url = settings.get("PEAQOS_RPC_URL")!;
    const data = encodeFunctionData({
      abi: batchAbi as Abi,
      functionName: "batchAll",
      args: [[], [], [], []],
    });
    const from = "0x0000000000000000000000000000000000000001";
    const code = await rpc(url, "eth_getCode", [batch, "latest"], { timeoutMs });
    const answer = await rpc(url, "eth_call", [{ from, to: batch, data }, "latest"], { timeoutMs }).then(
      () => true,
      () => false,
    );
    const precompile = /^0x0{36}[0-9a-f]{4}$/i.test(batch);
    checks.push(
      answer && (precompile || code !== "0x")
        ? ok("contract-batch", `Batch precompile answers at ${batch}`)
        : badService(
            "contract-batch",
            `Nothing answers as batch precompile at BATCH_PRECOMPILE_ADDRESS ${batch}`,
            "on peaq networks it is 0x0000000000000000000000000000000000000805",
          ),
    );
  }
  return checks;
}
