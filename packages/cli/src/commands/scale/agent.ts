import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type AgentPairing,
  createAgentPairing,
  createAgentPairingChallenge,
  createAgentPairingSession,
  getPairingAllowance,
  listAgentPairingsAll,
  revokeAgentPairing,
} from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../../engine/errors.ts";
import { block, clean, short, table } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { checkWritable, readToken, writeSecret } from "../../scale/files.ts";
import { pairingOf, policyInput, policyRows } from "../../scale/policy.ts";
import { snake } from "../../scale/shapes.ts";
import { signChallenge } from "../../scale/sign.ts";
import { money, rows, time } from "../../scale/text.ts";
import type * as spec from "./agent.spec.ts";

type Pair = HandlerContext<typeof spec.pair>;

function agentOf(flags: HandlerContext<typeof spec.challenge>["flags"] | Pair["flags"]) {
  return {
    agentAddress: flags["agent-address"],
    agentProvider: flags["agent-provider"],
    agentRole: flags["agent-role"],
    ...(flags["agent-did"] !== undefined && { agentDid: flags["agent-did"] }),
  };
}

export const challenge: Handler<typeof spec.challenge> = async ({ flags, settings, ui, io }) => {
  const client = marketContext(await settings(), ui);
  const { item } = await createAgentPairingChallenge(client, flags["machine-id"], agentOf(flags));
  const file = flags["message-file"];
  if (file !== undefined) await writeFile(resolve(io.cwd, file), item.message);
  ui.note(
    `sign this text as it is (EIP-191) with ${item.agentAddress}; it is valid until ${time(item.expiresAt)}`,
  );
  return {
    json: snake(item),
    text:
      file === undefined ? item.message.split("\n").map(clean).join("\n") : `Challenge written to ${file}.`,
  };
};

/** The published keys in the published order, with the token in its place. */
function pairingJson(item: AgentPairing & { readonly pairingToken?: string }, token: string | null) {
  const { pairingToken: _, ...rest } = { ...item };
  const plain = snake(rest) as Record<string, unknown>;
  const order = [
    "id",
    "machine_id",
    "agent_address",
    "agent_provider",
    "agent_role",
    "status",
    "has_auth_token",
    "delegation_policy",
    "created_at",
    "updated_at",
    "description",
    "token_last_four",
    "pairing_token",
    "agent_did",
    "verification",
    "session_id",
    "session_token_id",
    "session_issued_at",
    "session_expires_at",
  ];
  return Object.fromEntries(
    order.map((key) => [key, key === "pairing_token" ? token : (plain[key] ?? null)]),
  );
}

async function paired(
  context: Pick<Pair, "io" | "ui">,
  item: AgentPairing & { readonly pairingToken: string },
  file: string | undefined,
  title: string,
): Promise<Result> {
  const { delegationPolicy, verification } = item;
  const path =
    file === undefined ? undefined : await writeSecret(context.io, "--token-file", file, item.pairingToken);
  const where =
    path === undefined
      ? `Pairing token (shown once):\n${item.pairingToken}`
      : `Pairing token written to ${path}`;
  return {
    json: pairingJson(item, path === undefined ? item.pairingToken : null),
    text: `${title}\n${block(
      rows(
        ["Pairing ID", clean(item.id)],
        ["Machine ID", clean(item.machineId)],
        ["Agent", clean(item.agentAddress)],
        ["Provider", clean(item.agentProvider)],
        ["Role", clean(item.agentRole)],
        ...policyRows(delegationPolicy),
        item.agentDid !== null && ["Agent DID", clean(item.agentDid)],
        item.sessionId !== null && ["Session ID", clean(item.sessionId)],
        item.sessionExpiresAt !== null && ["Session Expires", time(item.sessionExpiresAt)],
        verification !== null && [
          "Verification",
          `${clean(verification.method)} by ${clean(verification.signerAddress)}`,
        ],
        item.tokenLastFour !== null && ["Token hint", `...${clean(item.tokenLastFour)}`],
      ),
    )}\n\n${where}`,
  };
}

export const pair: Handler<typeof spec.pair> = async (context) => {
  const { flags, settings, ui, globals, io } = context;
  const client = marketContext(await settings(), ui);
  const machineId = flags["machine-id"];
  oneWayToSign(flags);
  const delegationPolicy = policyInput(flags);
  const file = flags["token-file"];
  if (file !== undefined) await checkWritable(io, "--token-file", file);
  const agent = agentOf(flags);
  ui.step(1, 3, "Requesting pairing challenge");
  const { item: asked } = await createAgentPairingChallenge(client, machineId, agent);
  ui.step(2, 3, "Signing pairing challenge");
  const { signature } = await signChallenge(context, {
    message: asked.message,
    signers: [agent.agentAddress],
    keyFile: ["--agent-key-file", flags["agent-key-file"]],
    signatureFile: ["--agent-signature-file", flags["agent-signature-file"]],
    challengeCommand: "peaqos scale agent challenge ... --message-file challenge.txt",
  });
  if (!flags.yes && !globals.json && ui.interactive) {
    ui.line(block([["Machine", machineId], ["Agent", agent.agentAddress], ...policyRows(delegationPolicy)]));
    await ui.confirm("Confirm pairing?", "--yes");
  }
  if (delegationPolicy.dailySpendLimit === undefined && delegationPolicy.perTransactionLimit === undefined)
    ui.warn("the agent has no limit: --per-tx-limit, --daily-limit and --currency set one");
  ui.step(3, 3, "Pairing agent");
  const { item } = await createAgentPairing(client, machineId, {
    ...agent,
    agentProof: { challengeId: asked.challengeId, signature },
    ...(flags.description !== undefined && { description: flags.description }),
    delegationPolicy,
  });
  return paired(context, item, file, "Agent paired.");
};

export const rotate: Handler<typeof spec.rotate> = async (context) => {
  const { args, flags, settings, ui, io } = context;
  const [pairingId] = args;
  const client = marketContext(await settings(), ui);
  const machineId = flags["machine-id"];
  oneWayToSign(flags);
  const file = flags["token-file"];
  const pairing = await pairingOf(client, machineId, pairingId);
  if (file !== undefined) await checkWritable(io, "--token-file", file);
  ui.step(1, 3, "Requesting pairing challenge");
  const { item: asked } = await createAgentPairingChallenge(client, machineId, {
    agentAddress: pairing.agentAddress,
    agentProvider: pairing.agentProvider,
    agentRole: pairing.agentRole,
    ...(pairing.agentDid !== null && { agentDid: pairing.agentDid }),
  });
  ui.step(2, 3, "Signing pairing challenge");
  const { signature } = await signChallenge(context, {
    message: asked.message,
    signers: [pairing.agentAddress],
    keyFile: ["--agent-key-file", flags["agent-key-file"]],
    signatureFile: ["--agent-signature-file", flags["agent-signature-file"]],
    challengeCommand: `peaqos scale agent challenge --machine-id ${machineId} --agent-address ${pairing.agentAddress} --agent-provider '${clean(pairing.agentProvider)}' --agent-role '${clean(pairing.agentRole)}' --message-file challenge.txt`,
  });
  ui.step(3, 3, "Rotating the token");
  const { item } = await createAgentPairingSession(client, machineId, pairingId, {
    agentProof: { challengeId: asked.challengeId, signature },
  });
  return paired(context, item, file, "Token rotated; the one before is worthless.");
};

function oneWayToSign(flags: {
  readonly "agent-key-file": string | undefined;
  readonly "agent-signature-file": string | undefined;
}): void {
  if (flags["agent-key-file"] !== undefined && flags["agent-signature-file"] !== undefined)
    throw usageError({
      message: "--agent-key-file and --agent-signature-file exclude each other",
      value: `${flags["agent-key-file"]} and ${flags["agent-signature-file"]}`,
      rule: "the agent proves itself by one of them",
      next: "leave one of them out",
    });
}

export const revoke: Handler<typeof spec.revoke> = async ({ args: [id], flags, settings, ui, globals }) => {
  const client = marketContext(await settings(), ui);
  const machineId = flags["machine-id"];
  if (!flags.yes && !globals.json && ui.interactive)
    await ui.confirm(`Revoke pairing ${id}? Its orders that are not paid stay unpaid.`, "--yes");
  await revokeAgentPairing(client, machineId, id);
  return {
    json: { id, machine_id: machineId, status: "revoked" },
    text: `Pairing ${id} revoked; its tokens are worthless.`,
  };
};

export const list: Handler<typeof spec.list> = async ({ flags, settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const items: AgentPairing[] = [];
  for await (const pairing of listAgentPairingsAll(client, flags["machine-id"])) items.push(pairing);
  const text =
    items.length === 0
      ? "No pairings. `peaqos scale agent pair` makes one."
      : table(
          [
            { title: "Pairing ID" },
            { title: "Agent" },
            { title: "Provider" },
            { title: "Status" },
            { title: "Per purchase", right: true },
            { title: "Per day", right: true },
            { title: "Token until" },
          ],
          items.map((each) => [
            clean(each.id),
            clean(short(each.agentAddress)),
            clean(each.agentProvider),
            clean(each.status),
            limitText(each.delegationPolicy.perTransactionLimit, each.delegationPolicy.currency),
            limitText(each.delegationPolicy.dailySpendLimit, each.delegationPolicy.currency),
            each.hasAuthToken ? time(each.sessionExpiresAt) : "—",
          ]),
        );
  return { json: { items: items.map((each) => pairingJson(each, null)), next_cursor: null }, text };
};

const limitText = (amount: number | null, currency: string | null) =>
  amount === null ? "no limit" : money(amount, currency);

export const allowance: Handler<typeof spec.allowance> = async ({ flags, settings, ui, io }) => {
  const client = marketContext(await settings(), ui);
  const file = flags["pairing-token-file"];
  const token = file === undefined ? undefined : await readToken(io, ui, file);
  const { item } = await getPairingAllowance(client, flags["machine-id"], flags["agent-pairing-id"], token);
  const { currency } = item;
  return {
    json: snake(item),
    text: block(
      rows(
        ["Pairing", clean(item.pairingId)],
        ["Day", `${clean(item.day)} (UTC), ends ${time(item.resetsAt)}`],
        ["Per purchase", limitText(item.perTransactionLimit, currency)],
        ["Per day", limitText(item.dailySpendLimit, currency)],
        ["Spent today", money(item.spentToday, currency)],
        ["Left today", limitText(item.remainingToday, currency)],
        ...item.policies.map((each): [string, string] => [
          `Policy ${clean(each.name)}`,
          `${money(each.remainingToday, each.currency)} left of ${money(each.cap, each.currency)}`,
        ]),
      ),
    ),
  };
};
