import { getAddress } from "viem";
import type { Challenges, ProvenSignature, Subject } from "../identity/challenges.ts";
import { attempt } from "../kit/attempt.ts";
import { fail, isFailure, notFound } from "../kit/errors.ts";
import { item, type MarketHandler } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import type { MachineRow } from "../machines/store.ts";
import { agentDidOf } from "./did.ts";
import { keptPolicy, policyHashOf } from "./policy.ts";
import { type Sessions, tokenHashOf } from "./sessions.ts";
import { findPairing, insertPairing, lockPairing, type PairingRow, updatePairingRow } from "./store.ts";
import { noSession, pairingView } from "./view.ts";

/** Challenges, pairings and sessions: everything an agent's signature is needed for. */

type Proof = { readonly challengeId: string; readonly signature: string };

/** Everything a pairing challenge is bound to. */
type Agent = Pick<PairingRow, "agent_address" | "agent_did" | "agent_provider" | "agent_role">;

function agentSubject(tenantId: string, machine: MachineRow, agent: Agent): Subject {
  return {
    tenantId,
    purpose: "agent-pairing",
    fields: [
      ["Machine ID", machine.id],
      ["Identity Ref", machine.identity_ref ?? "none"],
      ["Agent Address", agent.agent_address],
      ["Agent DID", agent.agent_did],
      ["Agent Provider", agent.agent_provider],
      ["Agent Role", agent.agent_role],
    ],
  };
}

function agentOf(body: {
  agentAddress: string;
  agentDid?: string | undefined;
  agentProvider: string;
  agentRole: string;
}): Agent {
  const address = getAddress(body.agentAddress.toLowerCase());
  return {
    agent_address: address,
    agent_did: agentDidOf(address, body.agentDid),
    agent_provider: body.agentProvider,
    agent_role: body.agentRole,
  };
}

export function createPairingWrites(
  market: Market,
  deps: { readonly machines: Machines; readonly sessions: Sessions; readonly challenges: Challenges },
): {
  createAgentPairingChallenge: MarketHandler<"createAgentPairingChallenge">;
  createAgentPairing: MarketHandler<"createAgentPairing">;
  createAgentPairingSession: MarketHandler<"createAgentPairingSession">;
} {
  const { config, ids, write } = market;
  const { machines, sessions, challenges } = deps;
  const verification = config.PEAQOS_AGENT_PAIRING_VERIFICATION;

  function checkAvailable(): void {
    if (!sessions.available) throw fail("AGENT_PAIRING_UNAVAILABLE", "PEAQOS_SESSION_SECRET is not set");
  }

  /** A machine whose identity nobody has proven is told apart: its operator has to prove it first. */
  async function confirmed(machineId: string, tenantId: string): Promise<MachineRow> {
    try {
      return await machines.confirmed(machineId, tenantId);
    } catch (error) {
      const reason = isFailure(error, "MACHINE_NOT_ACTIVATED") ? error.details?.reason : undefined;
      if (reason !== "no_proof" && reason !== "no_identity") throw error;
      throw fail("MACHINE_IDENTITY_PROOF_REQUIRED", `machine ${machineId} has no proven identity`, {
        machineId,
      });
    }
  }

  /** @returns null where this deployment asks for no proof and none was given. */
  async function prove(
    subject: Subject,
    agent: Agent,
    proof: Proof | undefined,
  ): Promise<ProvenSignature | null> {
    if (verification === "off") return null;
    if (proof !== undefined) return challenges.prove(subject, proof, [agent.agent_address]);
    if (verification === "optional") return null;
    throw fail("AGENT_PAIRING_PROOF_REQUIRED", "agentProof is missing");
  }

  /** The row with a new session, and its token. */
  function withSession(row: PairingRow, now: Date): { row: PairingRow; token: string } {
    const expiresAt = Math.floor(now.getTime() / 1_000) + config.PEAQOS_SESSION_TTL_SECONDS;
    const sessionId = ids.next("asess");
    const tokenId = ids.next("stok");
    const token = sessions.issue(
      {
        machineId: row.machine_id,
        pairingId: row.id,
        sessionId,
        tokenId,
        agentAddress: row.agent_address,
        agentDid: row.agent_did,
        delegationPolicyHash: row.policy_hash,
        tenantId: row.tenant_id,
        expiresAt,
      },
      now,
    );
    return {
      token,
      row: {
        ...row,
        session_id: sessionId,
        session_token_id: tokenId,
        token_hash: tokenHashOf(token),
        token_last_four: token.slice(-4),
        session_issued_at: now,
        session_expires_at: new Date(expiresAt * 1_000),
        ended_session_id: null,
        ended_reason: null,
        updated_at: now,
      },
    };
  }

  const verified = (proven: ProvenSignature | null, now: Date): PairingRow["verification"] =>
    proven === null
      ? null
      : {
          method: "eip191",
          signerAddress: proven.signer,
          verifiedAt: now.toISOString(),
          challengeExpiresAt: proven.challengeExpiresAt.toISOString(),
        };

  function auditSession(tx: WriteTx, type: string, row: PairingRow, proven: ProvenSignature | null): void {
    tx.audit({
      type,
      resourceType: "agent-pairing",
      resourceId: row.id,
      machineId: row.machine_id,
      payload: {
        agentAddress: row.agent_address,
        agentProvider: row.agent_provider,
        agentRole: row.agent_role,
        delegationPolicy: row.policy,
        delegationPolicyHash: row.policy_hash,
        sessionId: row.session_id,
        sessionExpiresAt: row.session_expires_at?.toISOString() ?? null,
        signerAddress: proven?.signer ?? null,
      },
    });
  }

  return {
    async createAgentPairingChallenge(request) {
      const { tenantId } = request.caller;
      const { machineId } = request.params;
      const found = await attempt(async () => {
        checkAvailable();
        const agent = agentOf(request.body);
        return { agent, machine: await machines.confirmed(machineId, tenantId) };
      });
      const view = await write(request, async (tx) => {
        const { agent, machine } = found();
        const challenge = await challenges.issue(tx, agentSubject(tenantId, machine, agent));
        if (challenge.isNew)
          tx.audit({
            type: "identity.challenge.created",
            resourceType: "agent-pairing",
            resourceId: agent.agent_address,
            machineId,
            payload: { challengeId: challenge.id, purpose: "agent-pairing", agentDid: agent.agent_did },
          });
        return {
          challengeId: challenge.id,
          agentAddress: agent.agent_address,
          message: challenge.message,
          expiresAt: challenge.expiresAt.toISOString(),
          verificationMethod: "eip191",
          machineId,
          machineIdentityRef: machine.identity_ref,
          agentDid: agent.agent_did,
        };
      });
      return item(view, 201);
    },

    async createAgentPairing(request) {
      const { tenantId } = request.caller;
      const { machineId } = request.params;
      const { body } = request;
      const found = await attempt(async () => {
        checkAvailable();
        const agent = agentOf(body);
        const machine = await confirmed(machineId, tenantId);
        return { agent, proven: await prove(agentSubject(tenantId, machine, agent), agent, body.agentProof) };
      });
      const create = async (tx: WriteTx) => {
        const { agent, proven } = found();
        await machines.requireActive(tx.client, machineId, tenantId);
        const policy = keptPolicy(body.delegationPolicy);
        const { row, token } = withSession(
          {
            id: ids.next("pair"),
            tenant_id: tenantId,
            machine_id: machineId,
            ...agent,
            status: "active",
            description: body.description ?? null,
            verification: verified(proven, tx.now),
            policy,
            policy_hash: policyHashOf(policy),
            ...noSession,
            ended_session_id: null,
            ended_reason: null,
            created_at: tx.now,
            updated_at: tx.now,
          },
          tx.now,
        );
        await proven?.use(tx);
        await insertPairing(tx.client, row);
        auditSession(tx, "pairing.created", row, proven);
        return { ...pairingView(row), pairingToken: token };
      };
      return item(await write(request, create, { secret: true }), 201);
    },

    /** Rotation: the new session replaces the old one at once. */
    async createAgentPairingSession(request) {
      const { tenantId } = request.caller;
      const { machineId, pairingId } = request.params;
      const found = await attempt(async () => {
        checkAvailable();
        const row = await findPairing(market.database.pool, tenantId, pairingId);
        if (row === undefined || row.machine_id !== machineId) throw notFound("pairing", pairingId);
        if (row.status !== "active") throw inactive(row);
        const machine = await machines.confirmed(machineId, tenantId);
        return prove(agentSubject(tenantId, machine, row), row, request.body.agentProof);
      });
      const rotate = async (tx: WriteTx) => {
        const proven = found();
        const current = await lockPairing(tx.client, tenantId, pairingId, "update");
        if (current === undefined) throw notFound("pairing", pairingId);
        if (current.status !== "active") throw inactive(current);
        await proven?.use(tx);
        const { row, token } = withSession(
          { ...current, verification: verified(proven, tx.now) ?? current.verification },
          tx.now,
        );
        await updatePairingRow(tx.client, row);
        auditSession(tx, "pairing.rotated", row, proven);
        return { ...pairingView(row), pairingToken: token };
      };
      return item(await write(request, rotate, { secret: true }), 201);
    },
  };
}

export function inactive(row: PairingRow) {
  return fail("AGENT_PAIRING_INACTIVE", `pairing ${row.id} is ${row.status}`, {
    pairingId: row.id,
    status: row.status,
  });
}
