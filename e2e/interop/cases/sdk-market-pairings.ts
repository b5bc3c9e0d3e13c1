import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import type { Person } from "../market-side.ts";
import { type MarketMade, market, of, sign } from "./market.ts";

const PROFILE = { agent_provider: "claude", agent_role: "machine-market-buyer" };
const LISTS = ["allowed_skill_keys", "denied_skill_keys", "allowed_service_ids", "denied_service_ids"];
const policy = (fields: object = {}) =>
  of("DelegationPolicy", { ...Object.fromEntries(LISTS.map((name) => [name, []])), ...fields });

export const sdkMarketPairings = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: pairings and sessions",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const api = market(context);
    const machine = () => made.machineId!;
    const profile = (agent: Person, more = {}) => ({ agent_address: agent.address, ...PROFILE, ...more });
    const challenge = async (agent: Person, more = {}) =>
      (
        await api.call("create_agent_pairing_challenge", [
          machine(),
          of("CreateAgentPairingChallengeRequest", profile(agent, more)),
        ])
      ).item;
    const proof = async (agent: Person, signer = agent, more = {}) => {
      const { challenge_id, message } = await challenge(agent, more);
      return of("AgentProofInput", { challenge_id, signature: await sign(signer, message) });
    };
    const create = (agent: Person, agent_proof: unknown, more = {}) => [
      machine(),
      of("CreateAgentPairingRequest", { ...profile(agent), agent_proof, ...more }),
    ];
    const session = (pairingId: string, agent_proof: unknown) => [
      machine(),
      pairingId,
      of("CreateAgentPairingSessionRequest", { agent_proof }),
    ];
    const search = (token: string | undefined) => [
      of("MarketSearchRequest", { machine_id: machine(), service_type: "location" }),
      token,
    ];

    return [
      {
        name: "create_agent_pairing_challenge: everything the agent signs; asked again, the same challenge",
        async run() {
          const agent = await side.person();
          made.agent = agent;
          const first = await challenge(agent);
          assert.deepEqual(
            [first.agent_address, first.machine_id, first.verification_method],
            [agent.address, machine(), "eip191"],
          );
          assert.equal(first.agent_did, `did:pkh:eip155:1:${agent.address}`);
          for (const part of [machine(), agent.address, ...Object.values(PROFILE)])
            assert.ok(first.message.includes(part), `${part} is not in the message`);
          assert.deepEqual(await challenge(agent), first);
          const other = await challenge(agent, { agent_role: "auditor" });
          assert.notEqual(other.challenge_id, first.challenge_id);
        },
      },
      {
        name: "create_agent_pairing_challenge: a text that is no address, an unknown machine, a blank provider",
        async run() {
          const ask = (machineId: string, fields: object) => [
            machineId,
            of("CreateAgentPairingChallengeRequest", { ...profile(made.agent!), ...fields }),
          ];
          const method = "create_agent_pairing_challenge";
          await api.refused("VALIDATION_ERROR", method, ask(machine(), { agent_address: "0x12" }));
          await api.refused("NOT_FOUND", method, ask("mach_000000000000", {}));
          await api.invalid("agent_provider", method, ask(machine(), { agent_provider: " " }));
        },
      },
      {
        name: "create_agent_pairing: somebody else's signature, an old challenge, no session secret",
        async run() {
          const agent = made.agent!;
          const wrong = await proof(agent, await side.person());
          await api.refused("AGENT_PAIRING_PROOF_INVALID", "create_agent_pairing", create(agent, wrong));
          const unknown = of("AgentProofInput", {
            challenge_id: "apch_0000000000000000",
            signature: `0x${"1".repeat(130)}`,
          });
          await api.refused("AGENT_PAIRING_PROOF_INVALID", "create_agent_pairing", create(agent, unknown));
          const later = await api.other("pair-later", await side.replica({}, 600_000));
          await later.refused(
            "AGENT_PAIRING_PROOF_EXPIRED",
            "create_agent_pairing",
            create(agent, await proof(agent)),
          );
          const settings = { PEAQOS_SESSION_SECRET: "", PEAQOS_REQUIRE_AGENT_PAIRING_AUTH: "false" };
          const mute = await api.other("no-sessions", await side.replica(settings));
          await mute.refused("AGENT_PAIRING_UNAVAILABLE", "create_agent_pairing", create(agent, unknown));
          const blank = of("AgentProofInput", { challenge_id: "apch_0", signature: " " });
          await api.invalid("agentProof.signature", "create_agent_pairing", create(agent, blank));
        },
      },
      {
        name: "create_agent_pairing: the token once, four characters ever after, limits as they were sent",
        async run() {
          const agent = made.agent!;
          const limits = { per_transaction_limit: 2.5, daily_spend_limit: 10, currency: "USD" };
          const args = create(agent, await proof(agent), {
            description: "buys for the charger",
            delegation_policy: policy(limits),
          });
          const { item } = await api.call("create_agent_pairing", args);
          assert.equal(item.status, "active");
          assert.equal(item.has_auth_token, true);
          assert.match(item.pairing_token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
          assert.ok(item.pairing_token.endsWith(item.token_last_four));
          assert.equal(item.verification.signer_address, agent.address);
          for (const [name, value] of Object.entries(limits))
            assert.equal(item.delegation_policy[name], value);
          for (const name of LISTS) assert.deepEqual(item.delegation_policy[name], []);
          assert.ok(
            item.session_id && item.session_token_id && item.session_issued_at && item.session_expires_at,
          );
          made.pairingId = item.id;
          made.token = item.pairing_token;
          const { items } = await api.call("list_agent_pairings", [machine()]);
          const listed = items.find((each: { id: string }) => each.id === item.id);
          assert.equal(listed.pairing_token, null);
          assert.equal(listed.token_last_four, item.token_last_four);
        },
      },
      {
        name: "a challenge serves once: AGENT_PAIRING_PROOF_INVALID",
        async run() {
          const agent = await side.person();
          const used = await proof(agent);
          const { item } = await api.call("create_agent_pairing", create(agent, used));
          const error = await api.refused(
            "AGENT_PAIRING_PROOF_INVALID",
            "create_agent_pairing",
            create(agent, used),
          );
          assert.equal(error.details.reason, "challenge_used");
          assert.equal(await api.call("revoke_agent_pairing", [machine(), item.id]), null);
        },
      },
      {
        name: "create_agent_pairing_session: a new token, and the old one is dead",
        async run() {
          const old = made.token!;
          await api.call("search_market", search(old));
          const args = session(made.pairingId!, await proof(made.agent!));
          const { item } = await api.call("create_agent_pairing_session", args);
          assert.equal(item.id, made.pairingId);
          assert.notEqual(item.pairing_token, old);
          made.token = item.pairing_token;
          await api.refused("AGENT_AUTH_INVALID", "search_market", search(old));
          await api.call("search_market", search(made.token));
          await api.refused(
            "NOT_FOUND",
            "create_agent_pairing_session",
            session("pair_000000000000", await proof(made.agent!)),
          );
        },
      },
      {
        name: "update_agent_pairing: another policy ends the session; a pause is AGENT_PAIRING_INACTIVE",
        async run() {
          const change = (fields: object) => [
            machine(),
            made.pairingId,
            of("UpdateAgentPairingRequest", { ...fields }),
          ];
          const described = await api.call("update_agent_pairing", change({ description: "and more" }));
          assert.equal(described.item.description, "and more");
          await api.call("search_market", search(made.token));
          const limits = { per_transaction_limit: 3, daily_spend_limit: 12, currency: "USD" };
          await api.call("update_agent_pairing", change({ delegation_policy: policy(limits) }));
          const ended = await api.refused("AGENT_AUTH_INVALID", "search_market", search(made.token));
          assert.equal(ended.details.reason, "delegation_policy_changed");

          const { item } = await api.call(
            "create_agent_pairing_session",
            session(made.pairingId!, await proof(made.agent!)),
          );
          made.token = item.pairing_token;
          const paused = await api.call("update_agent_pairing", change({ status: "paused" }));
          assert.equal(paused.item.status, "paused");
          await api.refused("AGENT_PAIRING_INACTIVE", "search_market", search(made.token));
          const again = await api.call("update_agent_pairing", change({ status: "active" }));
          assert.equal(again.item.status, "active");
          await api.call("search_market", search(made.token));
          await api.refused("VALIDATION_ERROR", "update_agent_pairing", change({ status: "asleep" }));
          await api.refused("NOT_FOUND", "update_agent_pairing", [
            machine(),
            "pair_000000000000",
            of("UpdateAgentPairingRequest", {}),
          ]);
        },
      },
      {
        name: "a limit that a new policy leaves out is no limit",
        async run() {
          const args = [
            machine(),
            made.pairingId,
            of("UpdateAgentPairingRequest", {
              delegation_policy: policy({ daily_spend_limit: 12, currency: "USD" }),
            }),
          ];
          const { item } = await api.call("update_agent_pairing", args);
          assert.equal(item.delegation_policy.per_transaction_limit, null);
          const rotated = await api.call(
            "create_agent_pairing_session",
            session(made.pairingId!, await proof(made.agent!)),
          );
          made.token = rotated.item.pairing_token;
        },
      },
      {
        name: "tokens: none AGENT_AUTH_REQUIRED, changed AGENT_AUTH_INVALID, old AGENT_AUTH_EXPIRED, blank stays at the client",
        async run() {
          await api.invalid("pairing_token", "search_market", search(" "));
          const bare = await side.call("POST", "/market/search", { body: { machineId: machine() } });
          assert.deepEqual([bare.status, bare.body.error.code], [401, "AGENT_AUTH_REQUIRED"]);
          await api.refused("AGENT_AUTH_INVALID", "search_market", search(`${made.token}x`));
          const brief = await side.replica({ PEAQOS_SESSION_TTL_SECONDS: "10" });
          const agent = await side.person();
          const short = await api.other("brief", brief);
          const { item } = await short.call("create_agent_pairing", create(agent, await proof(agent)));
          const later = await api.other("token-later", await side.replica({}, 600_000));
          await later.refused("AGENT_AUTH_EXPIRED", "search_market", search(item.pairing_token));
          await api.call("revoke_agent_pairing", [machine(), item.id]);
          await api.refused("AGENT_PAIRING_INACTIVE", "search_market", search(item.pairing_token));
          await api.refused("NOT_FOUND", "revoke_agent_pairing", [machine(), "pair_000000000000"]);
        },
      },
      {
        name: "list_agent_pairings_all, a page at a time: every pairing, no token",
        async run() {
          const all = await api.call("list_agent_pairings_all", [machine()], { limit: 1 });
          assert.equal(api.exchanges().length >= 3, true);
          const { items, next_cursor } = await api.call("list_agent_pairings", [machine()], { limit: 500 });
          assert.equal(next_cursor, null);
          assert.deepEqual(all, items);
          assert.ok(items.every((each: { pairing_token: null }) => each.pairing_token === null));
          await api.refused("NOT_FOUND", "list_agent_pairings", ["mach_000000000000"]);
          await api.refused("VALIDATION_ERROR", "list_agent_pairings", [machine()], { cursor: "!" });
        },
      },
    ];
  },
});
