import { decodeRevert } from "../errors/revert.ts";
import { RpcError } from "../errors/runtime.ts";
import type { Call, CallRunner } from "./call-runner.ts";
import { explainFault, type Fault, rejectionOf } from "./faults.ts";
import type { InFlight } from "./nonces.ts";
import { delay } from "./rpc.ts";

/**
 * What became of a submission. `lost`: it may or may not have arrived. `nonce`: somebody else used the nonce. `fee`:
 * offered too little. `refused`: the node does not have it and will not take it.
 */
export type Verdict =
  | "accepted"
  | { readonly kind: "lost" | "nonce" | "fee" | "refused"; readonly error: RpcError };

/** Offers a signed transaction to the node, again and again the same one while it is unclear whether it arrived. */
export async function submit(runner: CallRunner, signed: InFlight, call: Call): Promise<Verdict> {
  let mayHaveArrived = false;
  for (let tries = 0; ; tries += 1) {
    try {
      await runner.rpc.attempt("eth_sendRawTransaction", [signed.raw], { retries: 0 });
      return "accepted";
    } catch (error) {
      const fault = error as Fault;
      if (fault.kind === "answer") return judge(runner, fault, signed, call, mayHaveArrived);
      if (fault.kind !== "refused") mayHaveArrived = true;
      if (tries === 3)
        return { kind: mayHaveArrived ? "lost" : "refused", error: explained(runner, fault, call) };
      await delay(100 * 2 ** tries);
    }
  }
}

async function judge(
  runner: CallRunner,
  fault: Fault,
  signed: InFlight,
  call: Call,
  mayHaveArrived: boolean,
): Promise<Verdict> {
  const rejection = rejectionOf(fault);
  if (rejection === "known") return "accepted";
  // The node may be refusing what it took at an earlier attempt. Signing anew could make two of one, so this stays the
  // transaction; whoever follows it offers it again, and the receipts tell.
  if (mayHaveArrived) return "accepted";
  switch (rejection) {
    case "nonce":
    case "underpriced":
      return { kind: "nonce", error: nonceUsed(call, fault) };
    case "fee":
      return { kind: "fee", error: explained(runner, fault, call) };
    case "funds":
      return { kind: "refused", error: await runner.underfunded(call, fault) };
    case "chain":
      return { kind: "refused", error: wrongChain(fault) };
    default: {
      // Nodes that mine while they take a transaction report its revert here; the receipt knows more.
      const reverted = decodeRevert({ message: fault.text, data: fault.data }) !== null;
      if (reverted && (await runner.isKnown(signed.hash).catch(() => false))) return "accepted";
      return { kind: "refused", error: explained(runner, fault, call) };
    }
  }
}

function explained({ rpc }: CallRunner, fault: Fault, call: Call): RpcError {
  const doing = `Cannot ${call.doing}`;
  return explainFault(fault, { method: "eth_sendRawTransaction", origin: rpc.origin, doing });
}

function nonceUsed(call: Call, fault: Fault): RpcError {
  return new RpcError(`Cannot ${call.doing}: the nonce is already used (${fault.text}).`, {
    code: "NONCE_ALREADY_USED",
    retryable: true,
    hint: "Another program is sending with the same key; let one of them send at a time.",
  });
}

function wrongChain(fault: Fault): RpcError {
  return new RpcError(`The node does not take transactions for this chain id (${fault.text}).`, {
    code: "WRONG_CHAIN",
    hint: "The RPC endpoint changed its chain under the client: make a new client.",
  });
}
