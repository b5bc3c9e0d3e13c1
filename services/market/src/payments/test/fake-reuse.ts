import type { FakeClass } from "./fake-classes.ts";
import { inParallel, invalid, none, notFound, payeeOf, proofOf } from "./fake-kit.ts";
import { transferLog } from "./log-emitter.ts";

/** Transfers that are real and somebody else's, or another order's, or another time's. */

export const fakeReuse: readonly FakeClass[] = [
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
