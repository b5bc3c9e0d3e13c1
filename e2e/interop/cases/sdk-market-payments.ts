import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { proofOf, transferOf } from "../purchase.ts";
import { type MarketMade, market, of } from "./market.ts";

const HASH = `0x${"ab".repeat(32)}`;

export const sdkMarketPayments = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: payments and disputes",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const api = market(context);
    const { services } = side;
    const rates = { base: "EUR", quote: "USD" };
    const place = async (service_id: string, input_payload: object) => {
      const request = of("CreateMarketOrderRequest", {
        machine_id: made.machineId,
        agent_pairing_id: made.pairingId,
        service_id,
        input_payload,
      });
      return (await api.call("create_market_order", [request, made.token])).item.id as string;
    };
    const intentArgs = (id: string, rail: object | null = null, fields: object = {}) => [
      id,
      of("CreatePaymentIntentRequest", {
        rail: rail && of("PaymentIntentRailOptions", { ...rail }),
        ...fields,
      }),
      made.token,
    ];
    const intent = async (id: string, rail: object | null = null) =>
      (await api.call("create_payment_intent", intentArgs(id, rail))).item;
    const execute = (id: string) =>
      api.call("execute_market_order", [id, of("ExecuteMarketOrderRequest"), made.token]);
    const paid = async (service: string, input: object) => {
      const id = await place(service, input);
      const payment = await intent(id);
      const hash = await side.pay(made.agent!, transferOf(payment));
      const { item } = await api.call("submit_payment_proof", [id, proofOf(payment, hash), made.token]);
      assert.equal(item.status, "held");
      return { id, payment: item, hash };
    };

    return [
      {
        name: "wallet: intent, a real transfer, proof, held; executed, confirmed, released",
        async run() {
          const id = await place(services.priceFeed, rates);
          const before = (await api.call("get_market_payment", [id])).item;
          assert.deepEqual(
            [before.status, before.amount, before.rail.rail_type],
            ["intent_created", 0.05, "wallet"],
          );
          const payment = await intent(id);
          assert.equal(payment.id, before.id);
          assert.deepEqual(
            [payment.rail.payer_address, payment.rail.chain],
            [made.agent?.address, side.chain],
          );
          assert.deepEqual(payment.rail.metadata, { raw_amount: "50000", token_decimals: 6 });
          assert.equal((await api.call("get_market_order", [id])).item.status, "payment_pending");
          const hash = await side.pay(made.agent!, transferOf(payment));
          const proof = [id, proofOf(payment, hash, { verification_mode: "rpc" }), made.token];
          const held = (await api.call("submit_payment_proof", proof)).item;
          assert.equal(held.status, "held");
          assert.equal((await api.call("submit_payment_proof", proof)).item.status, "held");
          assert.equal((await api.call("get_market_order", [id])).item.status, "ready");
          const done = await execute(id);
          assert.match(done.execution.outcome.result.price, /^\d+(\.\d+)?$/);
          const confirmed = await api.call("confirm_market_order", [id, made.token]);
          assert.deepEqual(
            [confirmed.order.status, confirmed.payment.status],
            ["confirmed", "release_pending"],
          );
          const release = of("ReleasePaymentRequest", { notes: "thank you" });
          assert.equal(
            (await api.call("release_payment", [id, release, made.token])).item.status,
            "released",
          );
          assert.equal((await api.call("release_payment", [id, null, made.token])).item.status, "released");
        },
      },
      {
        name: "wdk-usdt-transfer: the storage seller, paid in USDT",
        async run() {
          const { id, payment } = await paid(services.storage, { contentBase64: "aW50ZXJvcA==" });
          assert.deepEqual(
            [payment.rail.rail_type, payment.rail.token_address],
            ["wdk-usdt-transfer", side.usdt],
          );
          const done = await execute(id);
          assert.match(done.execution.outcome.result.object_id, /^sha256:/);
        },
      },
      {
        name: "offchain-record and external: what the client names is kept and held",
        async run() {
          for (const service of [services.record, services.external]) {
            const id = await place(service, { text: "x" });
            const payment = await intent(id);
            const proof = of("SubmitPaymentProofRequest", {
              verification_mode: "recorded",
              chain: payment.rail.chain,
              token: "EUR",
              payer_address: made.agent?.address,
              payee_address: payment.rail.payee_address,
              amount: String(payment.amount),
              transaction_hash: HASH,
            });
            const held = (await api.call("submit_payment_proof", [id, proof, made.token])).item;
            assert.equal(held.status, "held");
            assert.match(held.notes.join(), /matched this payment with nothing/);
            assert.equal((await execute(id)).order.status, "delivered");
          }
        },
      },
      {
        name: "not-required: no payment to look up, and an intent that says so",
        async run() {
          const id = await place(services.geocoding, { siteId: "461655" });
          const { item } = await api.call("get_market_payment", [id]);
          assert.ok(item === null || item.status === "not_required");
          assert.equal((await intent(id)).status, "not_required");
          assert.equal((await execute(id)).order.status, "delivered");
        },
      },
      {
        name: "create_payment_intent refused: a rail not offered, one the service does not take, another payee, another price, unknown order",
        async run() {
          const id = await place(services.priceFeed, rates);
          for (const type of [
            "escrow",
            "onchain-escrow",
            "x402",
            "xvv42",
            "mpp",
            "vault-stripe",
            "external",
            "not-required",
          ])
            await api.refused("VALIDATION_ERROR", "create_payment_intent", intentArgs(id, { type }));
          const reason = async (rail: object | null, fields: object = {}) =>
            (await api.refused("VALIDATION_ERROR", "create_payment_intent", intentArgs(id, rail, fields)))
              .details.reason;
          assert.equal(await reason({ payee_address: made.agent!.address }), "wrong_payee");
          assert.equal(await reason({ token_address: side.usdt }), "wrong_token");
          assert.equal(await reason(null, { amount: 0.01 }), "wrong_amount");
          await api.refused("NOT_FOUND", "create_payment_intent", intentArgs("mord_000000000000"));
          await api.refused("NOT_FOUND", "get_market_payment", ["mord_000000000000"]);
        },
      },
      {
        name: "submit_payment_proof refused: amount, token and payee that are not the order's",
        async run() {
          const id = await place(services.priceFeed, rates);
          const payment = await intent(id);
          for (const wrong of [
            { amount: "0.04", raw_amount: "40000" },
            { raw_amount: "1" },
            { token_address: side.usdt },
            { payee_address: made.agent!.address },
            { chain: "eip155:1" },
            { amount: "NaN" },
            { transaction_hash: "0x12" },
            { transaction_hash: null },
          ])
            await api.refused("VALIDATION_ERROR", "submit_payment_proof", [
              id,
              proofOf(payment, HASH, wrong),
              made.token,
            ]);
        },
      },
      {
        name: "submit_payment_proof: PAYMENT_NOT_MINED, PAYMENT_TRANSFER_NOT_FOUND, PAYMENT_TX_FAILED, and a proof of another order",
        async run() {
          const id = await place(services.priceFeed, rates);
          const payment = await intent(id);
          const proof = (hash: string) => [id, proofOf(payment, hash), made.token];
          const hasty = await api.other("hasty", await side.replica({ PEAQOS_PAYMENT_WAIT_MS: "1500" }));
          await hasty.refused("PAYMENT_NOT_MINED", "submit_payment_proof", proof(HASH));
          const wanted = transferOf(payment);
          const less = await side.pay(made.agent!, { ...wanted, units: wanted.units - 1n });
          await api.refused("PAYMENT_TRANSFER_NOT_FOUND", "submit_payment_proof", proof(less));
          const dollars = await side.pay(made.agent!, { ...wanted, token: side.usdt });
          await api.refused("PAYMENT_TRANSFER_NOT_FOUND", "submit_payment_proof", proof(dollars));
          const broke = await side.payInVain(made.agent!, wanted);
          await api.refused("PAYMENT_TX_FAILED", "submit_payment_proof", proof(broke));
          const { hash } = await paid(services.priceFeed, rates);
          const used = await api.refused("VALIDATION_ERROR", "submit_payment_proof", proof(hash));
          assert.match(used.message, /has paid another order/);
          assert.equal((await api.call("get_market_payment", [id])).item.status, "intent_created");
        },
      },
      {
        name: "a chain without a node: PAYMENT_RPC_REQUIRED",
        async run() {
          const id = await place(services.far, { text: "x" });
          const payment = await intent(id);
          const proof = {
            ...proofOf({ ...payment, rail: { ...payment.rail, metadata: {} } }, HASH),
            raw_amount: null,
            token_decimals: null,
          };
          await api.refused("PAYMENT_RPC_REQUIRED", "submit_payment_proof", [id, proof, made.token]);
        },
      },
      {
        name: "lock_escrow_payment, and an order whose only rail is escrow: this deployment says that it has none",
        async run() {
          const { id } = await paid(services.priceFeed, rates);
          const lock = (fields: object = {}) =>
            of("LockEscrowPaymentRequest", {
              transaction_hash: HASH,
              chain: side.chain,
              escrow_address: side.usdc,
              ...fields,
            });
          const error = await api.refused("VALIDATION_ERROR", "lock_escrow_payment", [
            id,
            lock(),
            made.token,
          ]);
          assert.equal(error.details.reason, "rail_not_offered");
          await api.invalid("transaction_hash", "lock_escrow_payment", [
            id,
            lock({ transaction_hash: "" }),
            made.token,
          ]);
          const request = of("CreateMarketOrderRequest", {
            machine_id: made.machineId,
            agent_pairing_id: made.pairingId,
            service_id: services.escrow,
          });
          const refused = await api.refused("VALIDATION_ERROR", "create_market_order", [request, made.token]);
          assert.equal(refused.details.reason, "rail_not_offered");
        },
      },
      {
        name: "release_payment before confirmation and refund_payment of nothing are refused; a held payment is refunded and still owed",
        async run() {
          const unpaid = await place(services.priceFeed, rates);
          const released = await api.refused("VALIDATION_ERROR", "release_payment", [
            unpaid,
            null,
            made.token,
          ]);
          assert.equal(released.details.reason, "payment_state");
          await api.refused("VALIDATION_ERROR", "refund_payment", [unpaid, null, made.token]);
          await api.refused("NOT_FOUND", "release_payment", ["mord_000000000000", null, made.token]);
          const { id } = await paid(services.priceFeed, rates);
          const { item } = await api.call("refund_payment", [
            id,
            of("RefundPaymentRequest", { reason: "changed my mind" }),
            made.token,
          ]);
          assert.equal(item.status, "refunded");
          const wire = api.exchanges()[0]?.answer.item;
          assert.deepEqual(
            [wire.refund?.transactionHash ?? null, wire.refund?.reason],
            [null, "changed my mind"],
          );
          await api.refused("ORDER_CLOSED", "execute_market_order", [
            id,
            of("ExecuteMarketOrderRequest"),
            made.token,
          ]);
        },
      },
      {
        name: "dispute_market_order with evidence: the payment frozen; twice, and on a confirmed order, ORDER_CLOSED",
        async run() {
          const { id } = await paid(services.priceFeed, rates);
          await execute(id);
          const dispute = (order: string) => [
            order,
            of("DisputeMarketOrderRequest", {
              reason: "stale",
              evidence: { expected_date: "2026-11-20", seen: { rate_date: "2025-01-01" } },
            }),
            made.token,
          ];
          const done = await api.call("dispute_market_order", dispute(id));
          assert.deepEqual(
            [done.order.status, done.payment.status, done.dispute.status],
            ["disputed", "frozen", "open"],
          );
          assert.deepEqual(api.exchanges()[0]?.sent.evidence, {
            expectedDate: "2026-11-20",
            seen: { rateDate: "2025-01-01" },
          });
          assert.deepEqual(done.dispute.evidence, {
            expected_date: "2026-11-20",
            seen: { rate_date: "2025-01-01" },
          });
          await api.refused("ORDER_CLOSED", "dispute_market_order", dispute(id));
          await api.refused("ORDER_CLOSED", "dispute_market_order", dispute(made.orderId!));
          await api.refused("NOT_FOUND", "dispute_market_order", dispute("mord_000000000000"));
          const resolved = await side.call("POST", `/market/orders/${id}/dispute/resolve`, {
            body: { resolution: "refund" },
          });
          assert.equal(resolved.status, 200, JSON.stringify(resolved.body));
          assert.equal((await api.call("get_market_payment", [id])).item.status, "refunded");
        },
      },
      {
        name: "every step of a purchase is in the audit log of its machine",
        async run() {
          const { items } = await api.call("list_audit_events", [], {
            machine_id: made.machineId,
            limit: 500,
          });
          const types = new Set(items.map(({ type }: { type: string }) => type));
          for (const type of [
            "machine.created",
            "pairing.created",
            "order.created",
            "payment.held",
            "order.delivered",
            "order.confirmed",
            "payment.released",
            "order.disputed",
            "payment.proof",
          ])
            assert.ok(types.has(type), `${type} is not among ${[...types].join()}`);
          assert.ok(!JSON.stringify(items).includes(made.token!));
        },
      },
    ];
  },
});
