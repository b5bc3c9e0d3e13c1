import { balanceOf, type ClientContext } from "@peaqos/peaq-os-sdk";
import type { AttributeStep } from "@peaqos/peaq-os-sdk/did";
import { peaqExact } from "../engine/output.ts";
import { type Activation, type ChainState, compareDid } from "./state.ts";

export type Wallet = {
  readonly role: "Operator" | "Machine";
  readonly address: `0x${string}`;
  readonly balance: bigint;
  /** Bond and gas of what is left to do. */
  readonly needed: bigint;
};

export type Plan = {
  readonly register: boolean;
  readonly mint: boolean;
  readonly did: readonly AttributeStep[];
  /** True when the operator's fleet list lacks the machine. */
  readonly list: boolean;
  readonly wallets: readonly Wallet[];
  readonly bond: bigint;
};

/** Gas of each step, rounded up generously: a plan may promise too much, never too little. */
const GAS = { register: 600_000n, mint: 300_000n, attribute: 200_000n, batch: 100_000n } as const;

/** Compares the chain with what is wanted, and says what the rest costs whom. */
export async function makePlan(activation: Activation, state: ChainState): Promise<Plan> {
  const { mode, operator, machine } = activation;
  const did = await compareDid(activation, state.machineId, state.tokenId);
  const register = state.machineId === undefined;
  const mint = state.tokenId === undefined;
  const list = mode === "proxy" && (state.machineId === undefined || !state.listed.includes(state.machineId));
  const changes = BigInt(did.filter(({ action }) => action !== "skip").length);
  const price = await gasPrice(operator);
  const didCost = changes === 0n ? 0n : (GAS.batch + changes * GAS.attribute) * price;
  const ownCost =
    (register ? state.bond + GAS.register * price : 0n) +
    (mint ? GAS.mint * price : 0n) +
    (list ? (GAS.batch + 2n * GAS.attribute) * price : 0n);
  const wallets: Wallet[] = [
    {
      role: "Operator",
      address: operator.address,
      balance: await balanceOf(operator, operator.address),
      needed: mode === "self" ? ownCost + didCost : ownCost,
    },
  ];
  if (mode === "proxy") {
    wallets.push({
      role: "Machine",
      address: machine.address,
      balance: await balanceOf(operator, machine.address),
      needed: didCost,
    });
  }
  return { register, mint, did, list, wallets, bond: register ? state.bond : 0n };
}

async function gasPrice(client: ClientContext): Promise<bigint> {
  const fees = await client.chain.heads.fees();
  return "gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas;
}

export const nothingToDo = (plan: Plan): boolean =>
  !plan.register && !plan.mint && !plan.list && plan.did.every(({ action }) => action === "skip");

export const missing = ({ balance, needed }: Wallet): bigint => (needed > balance ? needed - balance : 0n);

/** The plan in words, one line per step. */
export function describePlan(activation: Activation, plan: Plan): string[] {
  const { machine, mode } = activation;
  const lines = [
    plan.register ? `register  ${machine.address}, bond ${peaqExact(plan.bond)}` : "register  done already",
    plan.mint ? `mint      Machine NFT to ${machine.address}` : "mint      done already",
  ];
  const changes = plan.did.filter(({ action }) => action !== "skip");
  lines.push(
    changes.length === 0
      ? "DID       every attribute is right already"
      : `DID       ${changes.length} attribute${changes.length === 1 ? "" : "s"}, signed by ${machine.address}`,
  );
  for (const { name, value, action, current } of changes) {
    if (action === "update")
      lines.push(`            ${name}: ${current === "" ? '""' : current} -> ${value === "" ? '""' : value}`);
  }
  if (mode === "proxy") {
    lines.push(
      plan.list
        ? "fleet     add the machine to the operator's list"
        : "fleet     the operator's list has it already",
    );
  }
  return lines;
}
