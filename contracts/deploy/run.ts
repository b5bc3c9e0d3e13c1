import type { Hex, LocalAccount, PublicClient } from "viem";
import { formatEther } from "viem";
import type { Step } from "./plan.ts";

export type RunOptions = {
  readonly publicClient: PublicClient;
  readonly account: LocalAccount;
  readonly chainId: number;
  readonly steps: readonly Step[];
  /** Nonce of the first step. */
  readonly firstNonce: number;
  /** Gas limit = estimate x this / 100; estimates of calls that touch precompiles come out too low on some chains. */
  readonly gasPercent: bigint;
  readonly report: (line: string) => void;
};

/**
 * Sends the steps of a plan one by one and waits for each: for chains where every transaction costs money. Steps
 * whose nonce is used already are skipped, so a broken deployment is continued by running it again with the same
 * first nonce.
 *
 * @throws Error naming the step, its transaction if there is one, and how to continue.
 */
export async function runSteps(options: RunOptions): Promise<void> {
  const { publicClient, account, steps, firstNonce, report } = options;
  const next = await publicClient.getTransactionCount({ address: account.address, blockTag: "pending" });
  for (const [index, step] of steps.entries()) {
    const nonce = firstNonce + index;
    const position = `${index + 1}/${steps.length} ${step.label}`;
    if (nonce < next) {
      await requireDone(options, step, position);
      report(`${position}: done before`);
      continue;
    }
    const hash = await send(options, step, nonce).catch((error: unknown) => {
      throw new Error(`${position} was not sent: ${reason(error)}. ${continuation(firstNonce)}`);
    });
    report(`${position}: ${hash}`);
    const receipt = await publicClient.waitForTransactionReceipt({ hash }).catch((error: unknown) => {
      throw new Error(
        `${position} is not confirmed yet (${hash}): ${reason(error)}. ${continuation(firstNonce)}`,
      );
    });
    if (receipt.status !== "success") {
      throw new Error(`${position} reverted in ${hash}. Nothing after it was sent; start a new deployment.`);
    }
  }
}

async function send(options: RunOptions, step: Step, nonce: number): Promise<Hex> {
  const { publicClient, account, chainId, gasPercent } = options;
  const call = { ...(step.to === undefined ? {} : { to: step.to }), data: step.data };
  const [estimate, fees] = await Promise.all([
    publicClient.estimateGas({ account, ...call }),
    publicClient.estimateFeesPerGas(),
  ]);
  const gas = (estimate * gasPercent) / 100n;
  const balance = await publicClient.getBalance({ address: account.address });
  if (balance < gas * fees.maxFeePerGas) {
    throw new Error(
      `the account holds ${formatEther(balance)}, this step may cost ${formatEther(gas * fees.maxFeePerGas)}`,
    );
  }
  const serializedTransaction = await account.signTransaction({
    type: "eip1559",
    chainId,
    nonce,
    ...call,
    gas,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  return publicClient.sendRawTransaction({ serializedTransaction });
}

/** A used nonce proves nothing about what it was used for: the contract must be where the plan says. */
async function requireDone({ publicClient }: RunOptions, step: Step, position: string): Promise<void> {
  if (step.creates === undefined) return;
  const code = await publicClient.getCode({ address: step.creates });
  if (code === undefined || code === "0x") {
    throw new Error(
      `${position}: its nonce is used, but there is no contract at ${step.creates}. The account sent something else meanwhile: start a new deployment without --nonce.`,
    );
  }
}

const continuation = (firstNonce: number) => `Run the same command with --nonce ${firstNonce} to continue.`;

const reason = (error: unknown) =>
  error instanceof Error
    ? ((error as { shortMessage?: string }).shortMessage ?? error.message)
    : String(error);
