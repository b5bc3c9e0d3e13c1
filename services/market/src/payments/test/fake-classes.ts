import { testUsdcAbi } from "@peaqos/abi";
import { encodeFunctionData, type Hex, keccak256, toHex } from "viem";
import {
  type Group,
  inParallel,
  invalid,
  type Kit,
  none,
  notFound,
  type Placed,
  payeeOf,
  stranger,
  transferData,
} from "./fake-kit.ts";
import { fakeLogs } from "./fake-logs.ts";
import { fakeReuse } from "./fake-reuse.ts";
import { transferLog } from "./log-emitter.ts";

/** Ways to show a market a payment that is none (or not this one's), each with the refusals that tell it rightly. */

export type FakeClass = {
  readonly name: string;
  /** `CODE/reason` of the answers that may refuse it. */
  readonly refusals: readonly string[];
  readonly service?: string;
  /** Orders are placed first, so that no fake is refused for its age alone. */
  make(kit: Kit, placed: readonly Placed[], seed: number): Promise<Group[]>;
};

/** One transaction for each order. */
const each =
  (
    hashOf: (kit: Kit, placed: Placed, index: number) => Promise<Hex>,
    changes: (kit: Kit) => object = () => ({}),
  ) =>
  (kit: Kit, placed: readonly Placed[]) =>
    inParallel(placed, 8, async (one, index) => none(kit, one, await hashOf(kit, one, index), changes(kit)));

export const fakeClasses: readonly FakeClass[] = [
  ...fakeReuse,
  ...fakeLogs,
  {
    name: "the right amount in another token",
    refusals: notFound("wrong_token"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdt, payeeOf(one), kit.units)),
  },
  {
    name: "to somebody else",
    refusals: notFound("wrong_payee"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, stranger, kit.units)),
  },
  {
    name: "from somebody else",
    refusals: notFound("wrong_payer"),
    make: each((kit, one) => kit.transfer(kit.third, kit.usdc, payeeOf(one), kit.units)),
  },
  {
    name: "one unit too little",
    refusals: notFound("wrong_amount"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, payeeOf(one), kit.units - 1n)),
  },
  {
    name: "one unit too much",
    refusals: notFound("wrong_amount"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, payeeOf(one), kit.units + 1n)),
  },
  {
    name: "a transfer of nothing",
    refusals: notFound("wrong_amount"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, payeeOf(one), 0n)),
  },
  {
    name: "dust, and a body that asks for dust",
    refusals: invalid("wrong_amount"),
    make: each(
      (kit, one) => kit.transfer(one.agent.account, kit.usdc, payeeOf(one), 1n),
      () => ({ amount: "0.000001", rawAmount: "1" }),
    ),
  },
  {
    name: "to oneself, and a body that names oneself as the payee",
    refusals: invalid("wrong_payee"),
    make: (kit, placed) =>
      inParallel(placed, 8, async (one) =>
        none(kit, one, await kit.transfer(one.agent.account, kit.usdc, one.agent.address, kit.units), {
          payeeAddress: one.agent.address,
        }),
      ),
  },
  {
    name: "a transfer to oneself",
    refusals: notFound("no_transfer"),
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, one.agent.address, kit.units)),
  },
  {
    name: "a body that names another token",
    refusals: invalid("wrong_token"),
    make: each(
      (kit, one) => kit.transfer(one.agent.account, kit.usdt, payeeOf(one), kit.units),
      (kit) => ({ token: "USDT", tokenAddress: kit.usdt }),
    ),
  },
  {
    name: "a body that names another payer",
    refusals: invalid("wrong_payer"),
    make: each(
      (kit, one) => kit.transfer(kit.third, kit.usdc, payeeOf(one), kit.units),
      (kit) => ({ payerAddress: kit.third.address }),
    ),
  },
  {
    name: "a body that names another chain",
    refusals: invalid("wrong_chain"),
    make: each(
      (kit, one) => kit.transfer(one.agent.account, kit.usdc, stranger, kit.units),
      () => ({ chain: "eip155:1" }),
    ),
  },
  {
    name: "a failed transaction",
    refusals: ["PAYMENT_TX_FAILED/tx_failed"],
    make: each((kit, one) => kit.transfer(one.agent.account, kit.usdc, payeeOf(one), 10n ** 30n)),
  },
  {
    name: "an inner transfer that failed, beside a contract that writes its log",
    refusals: notFound("wrong_token"),
    make: (kit, placed) =>
      // The batch contract lends its code to the sender for one transaction at a time.
      inParallel(placed, 1, async (one) => {
        const log = transferLog(one.agent.address, payeeOf(one), kit.units);
        const hash = await kit.batch(one.agent.account, [
          { to: kit.usdc, data: transferData(payeeOf(one), 10n ** 30n) },
          { to: kit.imitation, data: kit.emitting([log]) },
        ]);
        return none(kit, one, hash);
      }),
  },
  {
    name: "a contract that only writes the log of a transfer",
    refusals: notFound("wrong_token"),
    make: each((kit, one) =>
      kit.write(one.agent.account, kit.imitation, [transferLog(one.agent.address, payeeOf(one), kit.units)]),
    ),
  },
  {
    name: "an allowance instead of a transfer",
    refusals: notFound("no_transfer"),
    make: each((kit, one) =>
      kit.send(
        one.agent.account,
        kit.usdc,
        encodeFunctionData({ abi: testUsdcAbi, functionName: "approve", args: [payeeOf(one), kit.units] }),
      ),
    ),
  },
  {
    name: "a third party's money, moved by the agent",
    refusals: notFound("wrong_payer"),
    make: async (kit, placed) => {
      const [first] = placed;
      if (first === undefined) return [];
      const approve = {
        abi: testUsdcAbi,
        functionName: "approve",
        args: [first.agent.address, 10n ** 18n],
      } as const;
      await kit.send(kit.third, kit.usdc, encodeFunctionData(approve));
      return each((_, one) =>
        kit.send(
          one.agent.account,
          kit.usdc,
          encodeFunctionData({
            abi: testUsdcAbi,
            functionName: "transferFrom",
            args: [kit.third.address, payeeOf(one), kit.units],
          }),
        ),
      )(kit, placed);
    },
  },
  {
    name: "newly minted tokens for the payee",
    refusals: notFound("wrong_payer"),
    make: each((kit, one) =>
      kit.send(
        kit.p.world.chain.adminAccount,
        kit.usdc,
        encodeFunctionData({ abi: testUsdcAbi, functionName: "mint", args: [payeeOf(one), kit.units] }),
      ),
    ),
  },
  {
    name: "the chain's own coin in place of the token",
    refusals: notFound("no_transfer"),
    make: each((kit, one) => kit.send(one.agent.account, payeeOf(one), "0x", kit.units)),
  },
  {
    name: "a contract's creation",
    refusals: notFound("no_transfer"),
    make: each((kit, one) => kit.send(one.agent.account, null, "0x600160005260206000f3")),
  },
  {
    name: "a transaction that was never sent",
    refusals: ["PAYMENT_NOT_MINED/not_mined"],
    make: async (kit, placed, seed) =>
      placed.map((one, index) => none(kit, one, keccak256(toHex(`never ${seed} ${index} ${one.order.id}`)))),
  },
  {
    name: "a transaction that waits behind a gap of nonces",
    refusals: ["PAYMENT_NOT_MINED/not_mined"],
    make: async (kit, placed) => {
      const { chain } = kit.p.world;
      const nonce = await chain.publicClient.getTransactionCount({ address: kit.third.address });
      return inParallel(placed, 8, async (one, index) => {
        const hash = await chain.wallet(kit.third).sendTransaction({
          to: kit.usdc,
          data: transferData(payeeOf(one), kit.units),
          nonce: nonce + 1_000_000 + index,
          gas: 100_000n,
          maxFeePerGas: 10n ** 12n,
          maxPriorityFeePerGas: 1n,
        });
        return none(kit, one, hash);
      });
    },
  },
  {
    name: "the hash of a block",
    refusals: ["PAYMENT_NOT_MINED/not_mined"],
    make: async (kit, placed) => {
      const block = await kit.p.world.chain.publicClient.getBlock();
      return placed.map((one) => none(kit, one, block.hash));
    },
  },
  {
    name: "hashes that are none",
    refusals: invalid(""),
    make: async (kit, placed) => {
      const hash = "ab".repeat(32);
      const shapes = [
        `0X${hash}`,
        hash,
        `0x${hash}00`,
        `0x${hash.slice(2)}`,
        ` 0x${hash}`,
        `0x${hash}\n`,
        "0x",
        "",
      ];
      return placed.map((one, index) => none(kit, one, shapes[index % shapes.length]!));
    },
  },
  {
    name: "a signature of another chain's kind, or of another rail",
    refusals: invalid("transaction_hash_missing", "rail_not_offered"),
    make: async (kit, placed) =>
      placed.map((one, index) =>
        index % 2 === 0
          ? none(kit, one, "", {
              transactionHash: undefined,
              transactionSignature: "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9",
            })
          : { attempts: [{ placed: one, body: { payment: { paymentSignature: "e30=" } } }], allowed: 0 },
      ),
  },
];
