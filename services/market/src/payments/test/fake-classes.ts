import { testUsdcAbi } from "@peaqos/abi";
import { encodeFunctionData, type Hex, keccak256, toHex } from "viem";
import { type Group, inParallel, type Kit, type Placed, transferData } from "./fake-kit.ts";
import { type FakeLog, transferLog, transferTopic, word } from "./log-emitter.ts";

/** Ways to show a market a payment that is none (or not this one's), each with the refusals that tell it rightly. */

export type FakeClass = {
  readonly name: string;
  /** `CODE/reason` of the answers that may refuse it. */
  readonly refusals: readonly string[];
  readonly service?: string;
  /** Orders are placed first, so that no fake is refused for its age alone. */
  make(kit: Kit, placed: readonly Placed[], seed: number): Promise<Group[]>;
};

const notFound = (...reasons: string[]) => reasons.map((reason) => `PAYMENT_TRANSFER_NOT_FOUND/${reason}`);
const invalid = (...reasons: string[]) => reasons.map((reason) => `VALIDATION_ERROR/${reason}`);

const proofOf = (kit: Kit, placed: Placed, hash: string, changes: object = {}) => ({
  placed,
  body: kit.p.proof(placed.payment, hash, changes),
});
const none = (kit: Kit, placed: Placed, hash: string, changes: object = {}): Group => ({
  attempts: [proofOf(kit, placed, hash, changes)],
  allowed: 0,
});

/** One transaction for each order. */
const each =
  (
    hashOf: (kit: Kit, placed: Placed, index: number) => Promise<Hex>,
    changes: (kit: Kit) => object = () => ({}),
  ) =>
  (kit: Kit, placed: readonly Placed[]) =>
    inParallel(placed, 8, async (one, index) => none(kit, one, await hashOf(kit, one, index), changes(kit)));

const payeeOf = ({ payment }: Placed) => payment.rail.payeeAddress as Hex;
const stranger: Hex = "0x52908400098527886e0f7030069857d2e4169ee7";

/** A transaction in which the right token writes a log that is no such transfer. */
const oddLog =
  (logs: (placed: Placed, units: bigint) => FakeLog[]) => (kit: Kit, placed: readonly Placed[]) =>
    inParallel(placed, 8, async (one) =>
      none(kit, one, await kit.write(one.agent.account, kit.oddToken, logs(one, kit.units))),
    );

export const fakeClasses: readonly FakeClass[] = [
  {
    name: "the transfer that paid another order",
    refusals: invalid("proof_reused"),
    make: async (kit, placed) => {
      const others = await kit.place("svc_usdc", placed.length);
      return inParallel(placed, 8, async (one, index) => {
        const other = others[index]!;
        const hash = await kit.pay(other);
        return { attempts: [proofOf(kit, other, hash), proofOf(kit, one, hash)], allowed: 1 };
      });
    },
  },
  {
    name: "two orders race with one transfer",
    refusals: invalid("proof_reused"),
    make: async (kit, placed) => {
      const others = await kit.place("svc_usdc", placed.length);
      return inParallel(placed, 8, async (one, index) => {
        const hash = await kit.pay(one);
        return { attempts: [proofOf(kit, one, hash), proofOf(kit, others[index]!, hash)], allowed: 1 };
      });
    },
  },
  {
    name: "three orders with a transaction of two transfers",
    service: "svc_odd",
    refusals: invalid("proof_reused"),
    make: async (kit, placed) => {
      const more = await kit.place("svc_odd", placed.length * 2);
      return inParallel(placed, 8, async (one, index) => {
        const log = transferLog(one.agent.address, payeeOf(one), kit.units);
        const hash = await kit.write(one.agent.account, kit.oddToken, [log, log]);
        const three = [one, more[index * 2]!, more[index * 2 + 1]!];
        return { attempts: three.map((each) => proofOf(kit, each, hash)), allowed: 2 };
      });
    },
  },
  {
    name: "another order's transaction, its hash spelt in capitals",
    refusals: invalid("proof_reused"),
    make: async (kit, placed) => {
      const others = await kit.place("svc_usdc", placed.length);
      return inParallel(placed, 8, async (one, index) => {
        const hash = await kit.pay(others[index]!);
        const capitals = `0x${hash.slice(2).toUpperCase()}`;
        return { attempts: [proofOf(kit, others[index]!, hash), proofOf(kit, one, capitals)], allowed: 1 };
      });
    },
  },
  {
    name: "a transfer from before the order",
    refusals: invalid("too_old"),
    make: async (kit, placed) => {
      const hashes = await inParallel(placed, 8, (one) => kit.pay(one));
      // The market has to have seen these blocks before the orders come.
      const head = await kit.p.world.chain.publicClient.getBlockNumber();
      for (;;) {
        const [probe] = await kit.place("svc_usdc", 1);
        const [row] = await kit.p.sql<{ block: string }>(
          "select from_block::text as block from market_payments where id = $1",
          [probe!.payment.id],
        );
        if (BigInt(row!.block) >= head) break;
      }
      const later = await kit.place("svc_usdc", placed.length);
      return later.map((one, index) => none(kit, one, hashes[index]!));
    },
  },
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
  {
    name: "a token that keeps a fee",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => [
      transferLog(one.agent.address, payeeOf(one), units - 500n),
      transferLog(one.agent.address, stranger, 500n),
    ]),
  },
  {
    name: "the amount in two halves",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => {
      const half = transferLog(one.agent.address, payeeOf(one), units / 2n);
      return [half, half];
    }),
  },
  {
    name: "the other way round: from the payee to the payer",
    service: "svc_odd",
    refusals: notFound("wrong_payee"),
    make: oddLog((one, units) => [transferLog(payeeOf(one), one.agent.address, units)]),
  },
  {
    name: "an amount with a bit beyond",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => [transferLog(one.agent.address, payeeOf(one), units | (1n << 255n))]),
  },
  {
    name: "a transfer of a collectible: its number stands where the amount would",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      { topics: [transferTopic, word(one.agent.address), word(payeeOf(one)), word(units)], data: "0x" },
    ]),
  },
  {
    name: "an approval's log",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [
          keccak256(toHex("Approval(address,address,uint256)")),
          word(one.agent.address),
          word(payeeOf(one)),
        ],
        data: word(units),
      },
    ]),
  },
  {
    name: "an address with something before it",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [
          transferTopic,
          word(one.agent.address),
          `0x${"1".repeat(24)}${payeeOf(one).slice(2).toLowerCase()}`,
        ],
        data: word(units),
      },
    ]),
  },
  {
    name: "an amount of two words",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [transferTopic, word(one.agent.address), word(payeeOf(one))],
        data: `${word(units)}${word(0n).slice(2)}`,
      },
    ]),
  },
  {
    name: "another agent's transfer, shown before its owner shows it",
    refusals: notFound("wrong_payer"),
    make: async (kit, placed) => {
      const thief = await kit.p.world.agent(kit.p.agent.machine, { name: "a thief" });
      const stolen = await kit.place("svc_usdc", placed.length, thief);
      return inParallel(placed, 8, async (one, index) => {
        const hash = await kit.pay(one);
        // The owner's own proof comes after it and counts.
        return { attempts: [proofOf(kit, stolen[index]!, hash), proofOf(kit, one, hash)], allowed: 1 };
      });
    },
  },
];
