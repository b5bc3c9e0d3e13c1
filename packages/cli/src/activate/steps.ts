import {
  machineIdOf,
  mintNft,
  nftOf,
  registerFor,
  registerMachine,
  writeMachineDIDAttributes,
  writeProxyDIDAttributes,
} from "@peaqos/peaq-os-sdk";
import { peaqExact } from "../engine/output.ts";
import type { Ui } from "../engine/ui.ts";
import type { Journal, JournalRow } from "../journal/journal.ts";
import { reasonOf } from "../journal/journal.ts";
import type { Plan } from "./plan.ts";
import { type Activation, type ChainState, wanted } from "./state.ts";

export type StepOutcome = {
  readonly step: "register" | "mint_nft" | "machine_did" | "proxy_did";
  readonly status: "confirmed" | "skipped";
  readonly txHash?: string | undefined;
  readonly recoveredFrom?: string | undefined;
};

/** What the steps share: where to write, what to say, and the hash of the transaction that was signed last. */
export type StepContext = {
  readonly activation: Activation;
  readonly journal: Journal;
  readonly ui: Ui;
  /** The step under way: rows about signed transactions carry its keys. */
  current: Record<string, unknown>;
  lastHash: string | undefined;
};

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
};

/** Step 4. A race with another run (AlreadyRegistered) ends as a skip. */
export async function register(
  context: StepContext,
  state: ChainState,
): Promise<{ id: bigint; outcome: StepOutcome }> {
  const { activation, ui } = context;
  const { mode, operator, machine } = activation;
  const keys = { step: "register", mode, address: machine.address };
  const skip = async (id: bigint, recoveredFrom?: string) => {
    ui.note(`already registered as machine ${id}`);
    await log(context, { ...keys, status: "skipped", machine_id: id, recovered_from: recoveredFrom });
    return { id, outcome: { step: "register", status: "skipped", recoveredFrom } as const };
  };
  if (state.machineId !== undefined) return skip(state.machineId);
  begin(context, keys);
  try {
    const options = { bond: state.bond };
    const id =
      mode === "self"
        ? await registerMachine(operator, options)
        : await registerFor(operator, machine.address, options);
    ui.note(`registered as machine ${id}, bond ${peaqExact(state.bond)}`);
    ui.note(`tx ${context.lastHash}`);
    await log(context, { ...keys, status: "confirmed", machine_id: id, tx_hash: context.lastHash });
    return { id, outcome: { step: "register", status: "confirmed", txHash: context.lastHash } };
  } catch (error) {
    if (codeOf(error) === "AlreadyRegistered") {
      const id = await machineIdOf(operator, machine.address);
      if (id > 0n) return skip(id, "AlreadyRegistered");
    }
    await logFailure(context, { ...keys, machine_id: 0 }, error);
    throw error;
  }
}

/** Step 5. */
export async function mint(
  context: StepContext,
  state: ChainState,
  machineId: bigint,
): Promise<{ tokenId: bigint; outcome: StepOutcome }> {
  const { activation, ui } = context;
  const { operator, machine } = activation;
  const keys = { step: "mint_nft", machine_id: machineId, recipient: machine.address };
  const skip = async (tokenId: bigint, recoveredFrom?: string) => {
    ui.note(`already minted as token ${tokenId}`);
    await log(context, { ...keys, status: "skipped", token_id: tokenId, recovered_from: recoveredFrom });
    return { tokenId, outcome: { step: "mint_nft", status: "skipped", recoveredFrom } as const };
  };
  if (state.tokenId !== undefined) return skip(state.tokenId);
  begin(context, keys);
  try {
    const txHash = await mintNft(operator, machineId, machine.address);
    const tokenId = (await nftOf(operator, machineId))?.tokenId ?? 0n;
    ui.note(`minted token ${tokenId}`);
    ui.note(`tx ${txHash}`);
    await log(context, { ...keys, status: "confirmed", token_id: tokenId, tx_hash: txHash });
    return { tokenId, outcome: { step: "mint_nft", status: "confirmed", txHash } };
  } catch (error) {
    if (codeOf(error) === "AlreadyMinted") {
      const nft = await nftOf(operator, machineId);
      if (nft) return skip(nft.tokenId, "AlreadyMinted");
    }
    await logFailure(context, { ...keys, token_id: 0 }, error);
    throw error;
  }
}

/** Step 6, first half: the machine's six attributes, compared and written in one transaction. */
export async function writeDid(
  context: StepContext,
  plan: Plan,
  machineId: bigint,
  tokenId: bigint,
): Promise<StepOutcome> {
  const { activation, ui } = context;
  const keys = { step: "machine_did", mode: activation.mode, machine_id: machineId, token_id: tokenId };
  const changes = plan.did.filter(({ action }) => action !== "skip").length;
  const attributes = wanted(activation, machineId, tokenId);
  begin(context, keys);
  try {
    let recoveredFrom: string | undefined;
    const txHash = await writeMachineDIDAttributes(activation.machine, attributes).catch((error) => {
      // Another run wrote in between: compare again, and write only what is still different.
      if (!["AttributeAlreadyExist", "AlreadyExists", "AttributeExists"].includes(codeOf(error))) throw error;
      recoveredFrom = "AlreadyExists";
      return writeMachineDIDAttributes(activation.machine, attributes);
    });
    if (txHash === null) {
      ui.note("every attribute of the machine's DID is right already");
      recoveredFrom ??= "AttributeAlreadyOnChain";
      await log(context, {
        ...keys,
        status: "skipped",
        machine_did_tx_count: 6,
        recovered_from: recoveredFrom,
      });
      return { step: "machine_did", status: "skipped", recoveredFrom };
    }
    ui.note(`wrote ${changes} attribute${changes === 1 ? "" : "s"} of the machine's DID`);
    ui.note(`tx ${txHash}`);
    await log(context, {
      ...keys,
      status: "confirmed",
      machine_did_tx_count: changes,
      tx_hash: txHash,
      recovered_from: recoveredFrom,
    });
    return { step: "machine_did", status: "confirmed", txHash, recoveredFrom };
  } catch (error) {
    await logFailure(context, { ...keys, machine_did_tx_count: 6 }, error);
    throw error;
  }
}

/** Step 6, second half (proxy mode): the machine joins the operator's list; machines listed already stay. */
export async function joinFleet(
  context: StepContext,
  state: ChainState,
  machineId: bigint,
): Promise<StepOutcome> {
  const { activation, ui } = context;
  const keys = {
    step: "proxy_did",
    proxy_machine_id: state.operatorMachineId,
    machine_ids: [...new Set([...state.listed, machineId])],
  };
  begin(context, keys);
  try {
    const txHash = await writeProxyDIDAttributes(activation.operator, {
      proxyMachineId: state.operatorMachineId,
      machineIds: [machineId],
    });
    if (txHash === null) {
      ui.note("the operator's list has the machine already");
      await log(context, {
        ...keys,
        status: "skipped",
        proxy_did_tx_count: 2,
        recovered_from: "AttributeAlreadyOnChain",
      });
      return { step: "proxy_did", status: "skipped", recoveredFrom: "AttributeAlreadyOnChain" };
    }
    ui.note(`added machine ${machineId} to the operator's list of ${keys.machine_ids.length}`);
    ui.note(`tx ${txHash}`);
    await log(context, { ...keys, status: "confirmed", proxy_did_tx_count: 2, tx_hash: txHash });
    return { step: "proxy_did", status: "confirmed", txHash };
  } catch (error) {
    await logFailure(context, { ...keys, proxy_did_tx_count: 2 }, error);
    throw error;
  }
}

function begin(context: StepContext, keys: Record<string, unknown>): void {
  context.current = keys;
  context.lastHash = undefined;
}

async function logFailure(context: StepContext, keys: JournalKeys, error: unknown): Promise<void> {
  // A receipt that did not come is no failure yet: its pending row stays open and the next run looks it up.
  if (codeOf(error) === "RECEIPT_AWAIT_FAILED") return;
  await log(context, { ...keys, status: "failed", reason: reasonOf(error), tx_hash: context.lastHash });
}

type JournalKeys = { readonly step: string; readonly [key: string]: unknown };

/** After a transaction the journal must not stop the run: what is done is on the chain. */
async function log({ journal, ui }: StepContext, row: JournalRow): Promise<void> {
  try {
    await journal.append(row);
  } catch (error) {
    ui.warn(`${journal.file} could not be written: ${(error as Error).message}`);
  }
}
