import type { PeaqosClient } from "@peaqos/peaq-os-sdk";
import { describePlan, makePlan, missing, nothingToDo, type Plan } from "../../activate/plan.ts";
import { type Activation, type ChainState, readState } from "../../activate/state.ts";
import {
  joinFleet,
  mint,
  register,
  type StepContext,
  type StepOutcome,
  writeDid,
} from "../../activate/steps.ts";
import { signingClient } from "../../client.ts";
import { type Key, readKeyFile, signingKey } from "../../config/key.ts";
import { networkError, usageError } from "../../engine/errors.ts";
import { block, peaq, peaqExact, short } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import type { Ui } from "../../engine/ui.ts";
import { openJournal, unfinished } from "../../journal/journal.ts";
import { fateOf } from "../../journal/pending.ts";
import type { spec } from "./spec.ts";

type Context = HandlerContext<typeof spec>;

const STEPS = 6;

export const run: Handler<typeof spec> = async (context) => {
  const { flags, ui, io } = context;
  const { activation, steps } = await prepare(context);
  await finishEarlier(steps, activation.operator as PeaqosClient);
  const state = await readState(activation);
  const plan = await makePlan(activation, state);
  const idle = nothingToDo(plan);
  if (flags["dry-run"]) return dryRun(activation, state, plan);
  ui.line(`Plan for ${activation.machine.address}:`);
  for (const line of describePlan(activation, plan)) ui.line(`  ${line}`);
  if (!idle) ui.line(`  cost      ${costs(plan)}`);
  ui.line();

  const unfunded = checkBalances(ui, plan, flags["skip-funding"]);
  if (unfunded) throw unfunded;
  const done = flags["skip-funding"] ? "--skip-funding" : "all wallets funded";
  ui.step(2, STEPS, `2FA enrollment - skipped (${done})`);
  ui.step(3, STEPS, `Fund from Gas Station - skipped (${done})`);
  if (!idle && !flags.yes && ui.interactive) await ui.confirm("Send these transactions?", "--yes");

  ui.step(4, STEPS, "Register machine");
  const registered = await register(steps, state);
  ui.step(5, STEPS, "Mint NFT");
  const minted = await mint(steps, state, registered.id);
  ui.step(6, STEPS, "Write DID attributes");
  const outcomes = [
    registered.outcome,
    minted.outcome,
    await writeDid(steps, plan, registered.id, minted.tokenId),
  ];
  if (activation.mode === "proxy") outcomes.push(await joinFleet(steps, state, registered.id));
  ui.debug(`steps are kept in ${openJournal(io.cwd, io.now).file}`);
  return summary(activation, registered.id, minted.tokenId, outcomes, plan);
};

/** Everything that can be wrong with the input, before the first request. */
async function prepare({
  flags,
  settings: load,
  ui,
  io,
}: Context): Promise<{ activation: Activation; steps: StepContext }> {
  const machineAddress = flags.for;
  if ((machineAddress === undefined) !== (flags["machine-key"] === undefined)) {
    throw usageError({
      message: machineAddress === undefined ? "--machine-key needs --for" : "--for needs --machine-key",
      value: machineAddress ?? flags["machine-key"],
      rule: "proxy mode takes both: the machine's address and the file with its key",
      next: "add the other one, or leave both out to activate this key's own machine",
    });
  }
  const settings = await load();
  const key = signingKey(settings);
  let machineKey: Key | undefined;
  if (machineAddress !== undefined) {
    machineKey = await readKeyFile(io, flags["machine-key"]!);
    checkMachineKey(machineAddress, machineKey, key);
  }
  const journal = openJournal(io.cwd, io.now);
  const signed = (address: string) => async (txHash: string) => {
    steps.lastHash = txHash;
    await journal.append({
      ...steps.current,
      step: String(steps.current.step),
      status: "pending",
      signer: address,
      tx_hash: txHash,
    });
  };
  const operator = signingClient(settings, key, signed(key.address));
  const activation: Activation = {
    mode: machineKey ? "proxy" : "self",
    operator,
    machine: machineKey ? signingClient(settings, machineKey, signed(machineKey.address)) : operator,
    docUrl: flags["doc-url"],
    dataApi: flags["data-api"],
    visibility: flags.visibility,
  };
  const steps: StepContext = { activation, journal, ui, current: {}, lastHash: undefined };
  return { activation, steps };
}

function checkMachineKey(address: string, machineKey: Key, key: Key): void {
  if (machineKey.address.toLowerCase() !== address.toLowerCase()) {
    throw usageError({
      code: "KEY_MISMATCH",
      message: "The key in --machine-key is not the key of --for",
      value: `--for ${address}, the key's address is ${machineKey.address}`,
      rule: "the machine signs its own DID, so the key has to be its own",
      next: "give the file of that machine's key, or its address in --for",
    });
  }
  if (machineKey.address.toLowerCase() === key.address.toLowerCase()) {
    throw usageError({
      message: "--for names this key's own address",
      value: address,
      rule: "an operator and its machine are different accounts",
      next: "leave --for and --machine-key out to activate this key's own machine",
    });
  }
}

/** A transaction that an earlier run signed must have ended before the chain's state means anything. */
async function finishEarlier(steps: StepContext, client: PeaqosClient): Promise<void> {
  const addresses = [steps.activation.operator.address, steps.activation.machine.address];
  const open = unfinished(
    await steps.journal.read(),
    (row) => addresses.includes(row.signer as `0x${string}`) && row.step !== "event",
  );
  for (const row of open) await fateOf(client, row.tx_hash!, steps.ui);
}

function costs(plan: Plan): string {
  const parts = plan.wallets
    .filter(({ needed }) => needed > 0n)
    .map(({ role, needed }) => `${role} at most ${peaq(needed)}`);
  return `${parts.join(", ")}${plan.bond > 0n ? ` (${peaqExact(plan.bond)} of it the bond, the rest gas)` : " (gas)"}`;
}

function checkBalances(ui: Ui, plan: Plan, skipped: boolean) {
  if (skipped) {
    ui.step(1, STEPS, "Balance check - skipped (--skip-funding)");
    return undefined;
  }
  ui.step(1, STEPS, "Balance check");
  for (const wallet of plan.wallets) {
    const lacking = missing(wallet);
    ui.note(
      `${wallet.role} ${short(wallet.address)}: ${peaq(wallet.balance)} (${lacking > 0n ? `insufficient, ${peaqExact(lacking)} missing` : "sufficient"})`,
    );
  }
  const poor = plan.wallets.filter((wallet) => missing(wallet) > 0n);
  if (poor.length === 0) return undefined;
  const first = poor[0]!;
  return networkError({
    code: "INSUFFICIENT_FUNDS",
    message: poor
      .map(
        (wallet) =>
          `${wallet.address} (${wallet.role.toLowerCase()}) holds ${peaqExact(wallet.balance)} and needs ${peaqExact(wallet.needed)}: ${peaqExact(missing(wallet))} are missing`,
      )
      .join("; "),
    value: peaqExact(first.balance),
    rule: `a wallet pays its own gas${plan.bond > 0n ? `, the operator also the bond of ${peaqExact(plan.bond)}` : ""}`,
    next: `${poor.map((wallet) => `send ${peaqExact(missing(wallet))} to ${wallet.address}`).join(", ")}, then run the same command again (funding through a gas station comes with a later release)`,
    details: { wallets: poor.map((wallet) => ({ address: wallet.address, missing_wei: missing(wallet) })) },
  });
}

const wallets = (plan: Plan) =>
  plan.wallets.map((wallet) => ({
    role: wallet.role.toLowerCase(),
    address: wallet.address,
    balance_wei: wallet.balance,
    needed_wei: wallet.needed,
    missing_wei: missing(wallet),
  }));

function facts(activation: Activation, machineId: bigint | undefined, tokenId: bigint | undefined) {
  const { mode, machine, operator } = activation;
  return {
    machine_address: machine.address,
    machine_id: machineId ?? null,
    token_id: tokenId ?? null,
    machine_did: `did:peaq:${machine.address}`,
    operator_did: mode === "proxy" ? `did:peaq:${operator.address}` : null,
  };
}

function dryRun(activation: Activation, state: ChainState, plan: Plan): Result {
  const changes = plan.did
    .filter(({ action }) => action !== "skip")
    .map(({ name, action, current, value }) => ({ name, action, current, value }));
  const planned = (step: string, todo: boolean) => ({ step, status: todo ? "planned" : "skipped" });
  const steps = [
    planned("register", plan.register),
    planned("mint_nft", plan.mint),
    { ...planned("machine_did", changes.length > 0), changes },
    ...(activation.mode === "proxy" ? [planned("proxy_did", plan.list)] : []),
  ];
  const poor = plan.wallets.filter((wallet) => missing(wallet) > 0n);
  return {
    json: {
      mode: activation.mode,
      dry_run: true,
      ...facts(activation, state.machineId, state.tokenId),
      steps,
      wallets: wallets(plan),
    },
    text: [
      nothingToDo(plan) ? "Nothing to do: the machine is activated." : "Dry run: nothing was sent.",
      ...describePlan(activation, plan).map((line) => `  ${line}`),
      ...(nothingToDo(plan) ? [] : [`  cost      ${costs(plan)}`]),
      ...poor.map((wallet) => `  missing   ${peaqExact(missing(wallet))} on ${wallet.address}`),
    ].join("\n"),
  };
}

function summary(
  activation: Activation,
  machineId: bigint,
  tokenId: bigint,
  outcomes: readonly StepOutcome[],
  plan: Plan,
): Result {
  const all = facts(activation, machineId, tokenId);
  const proxy = activation.mode === "proxy";
  const rows: [string, string][] = [
    ["Machine ID", String(machineId)],
    ["Token ID", String(tokenId)],
    ["Machine DID", all.machine_did],
  ];
  if (proxy) {
    rows.unshift(["Machine Address", all.machine_address]);
    rows.push(["Operator DID", all.operator_did!]);
  }
  return {
    json: {
      mode: activation.mode,
      dry_run: false,
      ...all,
      steps: outcomes.map(({ step, status, txHash, recoveredFrom }) => ({
        step,
        status,
        tx_hash: txHash ?? null,
        recovered_from: recoveredFrom ?? null,
      })),
      wallets: wallets(plan),
    },
    text: `\nMachine activated successfully${proxy ? " (proxy-managed)" : ""}.\n${block(rows)}`,
  };
}
