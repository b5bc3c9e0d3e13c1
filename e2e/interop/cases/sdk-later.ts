import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { PublishedSdkError } from "../published-sdk.ts";
import { proofOf, transferOf } from "../purchase.ts";
import { marketOf, of, sign } from "./market.ts";

/** Keys that 0.6.0 leaves as they are, at any depth below. */
const OPAQUE = ["input", "result", "exampleInput"];

export const sdkLater = (): Group => ({
  title: "SDK 0.6.0, market: what it changed",
  cases: (context): Case[] => {
    const { later, stack } = context;
    if ("missing" in later) return [{ name: "everything", skip: later.missing, run: async () => {} }];
    const side = stack.market;
    const api = marketOf(later, "later", OPAQUE);
    const machine = side.machine("override-tractor");
    let machineId: string;
    let buyer: Awaited<ReturnType<typeof side.pair>>;
    let freeOrder: string;
    let paidOrder: string;
    const place = async (service_id: string, input_payload: object) => {
      const request = of("CreateMarketOrderRequest", {
        machine_id: machineId,
        agent_pairing_id: buyer.pairingId,
        service_id,
        input_payload,
      });
      return (await api.call("create_market_order", [request, buyer.token])).item;
    };

    return [
      {
        name: "onboards a machine and pairs an agent as 0.3.0 does",
        async run() {
          await later.call("connect", {
            name: "later",
            config: {
              ...stack.clientConfig(stack.developer.privateKey),
              orchestration_url: side.url,
              api_key: side.apiKey,
            },
          });
          assert.deepEqual(await api.call("check_health"), { ok: true });
          const [{ headers }] = api.exchanges() as [ReturnType<typeof api.exchanges>[0]];
          assert.match(headers["user-agent"]!, /^peaqos-sdk-py\/0\.6\.0$/);
          const request = of("CreateMachineIdentityChallengeRequest", { identity_ref: machine.did });
          const { item } = await api.call("create_machine_identity_challenge", [request]);
          const identity_proof = of("MachineIdentityProofInput", {
            challenge_id: item.challenge_id,
            signature: await sign(side.keyOf(machine), item.message),
          });
          const fields = {
            display_name: machine.name,
            owner_id: "op",
            machine_type: "tractor",
            runtime_profile: "edge",
          };
          const create = of("CreateMachineRequest", { ...fields, identity_ref: machine.did, identity_proof });
          machineId = (await api.call("create_machine", [create])).item.id;
          await api.call("update_machine", [machineId, of("UpdateMachineRequest", { status: "active" })]);
          buyer = await side.pair(machineId);
        },
      },
      {
        name: "reads operationContracts of every service, the keys of exampleInput as the seller wrote them",
        async run() {
          const { items } = await api.call("list_market_services", [], { limit: 500 });
          const feed = items.find(({ id }: { id: string }) => id === side.services.priceFeed);
          const [contract] = feed.operation_contracts;
          assert.deepEqual(
            [contract.operation, contract.example_input],
            ["get-latest-price", { base: "EUR", quote: "USD" }],
          );
          assert.deepEqual(
            contract.input_fields.map(({ key }: { key: string }) => key),
            ["base", "quote"],
          );
          assert.equal(contract.provider_request.method, "POST");
          const charger = items.find(({ id }: { id: string }) => id === side.services.charger);
          assert.deepEqual(charger.operation_contracts[0].example_input, {
            connectorId: 1,
            kilowattHours: 5,
          });
        },
      },
      {
        name: "input keeps the caller's keys in both directions, and the result the seller's",
        async run() {
          const created = await place(side.services.geocoding, { siteId: "461655" });
          freeOrder = created.id;
          assert.deepEqual(api.exchanges()[0]?.sent.input ?? api.exchanges()[0]?.sent.inputPayload, {
            siteId: "461655",
          });
          const execute = [
            created.id,
            of("ExecuteMarketOrderRequest", { input: { siteId: "461655" } }),
            buyer.token,
          ];
          const done = await api.call("execute_market_order", execute);
          assert.deepEqual(api.exchanges()[0]?.sent, { input: { siteId: "461655" } });
          assert.equal(done.execution.outcome.result.siteId, "461655");
        },
      },
      {
        name: "confirm sends {} and is answered alike",
        async run() {
          const confirmed = await api.call("confirm_market_order", [freeOrder, buyer.token]);
          assert.deepEqual(api.exchanges()[0]?.sent, {});
          assert.equal(confirmed.order.status, "confirmed");
        },
      },
      {
        name: "payment.proof says chain, token, transaction, payer, when and how it was verified",
        async run() {
          const created = await place(side.services.priceFeed, { base: "EUR", quote: "USD" });
          paidOrder = created.id;
          const intent = of("CreatePaymentIntentRequest");
          const payment = (await api.call("create_payment_intent", [paidOrder, intent, buyer.token])).item;
          assert.equal(payment.proof, null);
          const hash = await side.pay(buyer.agent, transferOf(payment));
          const { item } = await api.call("submit_payment_proof", [
            paidOrder,
            proofOf(payment, hash),
            buyer.token,
          ]);
          assert.equal(item.status, "held");
          assert.deepEqual(
            [item.proof.chain, item.proof.token, item.proof.transaction_hash, item.proof.payer_address],
            [side.chain, "USDC", hash, buyer.agent.address],
          );
          assert.ok(Date.parse(item.proof.verified_at) <= Date.now() + 1000);
          assert.equal(item.proof.verification_mode, "rpc");
        },
      },
      {
        name: "x402: a proof and an execution with a signed payment are refused clearly, the rail is not offered",
        async run() {
          const { id } = await place(side.services.priceFeed, { base: "EUR", quote: "USD" });
          const params = of("SubmitX402PaymentProofRequest", { payment_signature: "c2lnbmVk" });
          const error = await api.refused("VALIDATION_ERROR", "submit_x402_payment_proof", [
            id,
            params,
            buyer.token,
          ]);
          assert.equal(error.details.reason, "rail_not_offered");
          const execute = [id, of("ExecuteMarketOrderRequest"), buyer.token];
          await api.refused("PAYMENT_REQUIRED", "execute_market_order", execute);
        },
      },
      {
        name: "heartbeats of a tuple are snake_case still, and a payment of the older client reads alike",
        async run() {
          const agent = (await api.call("enroll_machine_agent", [machineId])).item;
          const request = of("MachineAgentHeartbeatRequest", {
            machine_id: machineId,
            agent_id: agent.id,
            agent_token: agent.provisioning_token,
            endpoints: [of("HeartbeatEndpointEntry", { provider_key: "qvac", endpoint_base_url: side.url })],
          });
          const { item } = await api.call("machine_agent_heartbeat", [request]);
          assert.equal(api.exchanges()[0]?.sent.endpoints[0].provider_key, "qvac");
          assert.equal(item.endpoints[0].provider_key, "qvac");
          const read = (await api.call("get_market_payment", [paidOrder])).item;
          assert.equal(read.status, "held");
        },
      },
      {
        name: "calls that this market does not have (purchases, payment rails): a clean NOT_FOUND",
        async run() {
          await assert.rejects(
            later.call("call", { client: "later", method: "list_payment_rails" }),
            (error) => {
              assert.ok(error instanceof PublishedSdkError);
              assert.deepEqual([error.code, error.status], ["NOT_FOUND", 404]);
              return true;
            },
          );
          await api.refused("NOT_FOUND", "get_purchase", ["pur_1"]);
        },
      },
    ];
  },
});
