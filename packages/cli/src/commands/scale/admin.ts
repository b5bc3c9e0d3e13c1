import {
  checkMarketOrder,
  createPlatformKey,
  listMarketServicesAll,
  listPlatformKeys,
  type NewPlatformKey,
  type PlatformKey,
  putCatalogue,
  revokePlatformKey,
  rotatePlatformKey,
  updateAgentPairing,
  verifyAudit,
} from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../../engine/errors.ts";
import { block, clean, table } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { checkWritable, readObject, readToken, writeSecret } from "../../scale/files.ts";
import { pairingOf, policyInput, policyRows } from "../../scale/policy.ts";
import { snake } from "../../scale/shapes.ts";
import { list, money, rows, time } from "../../scale/text.ts";
import type * as spec from "./admin.spec.ts";

/** The operator's part: policies, audit, catalogue, platform keys. */

type Pairing = Awaited<ReturnType<typeof pairingOf>>;

const policyResult = (pairing: Pairing, title: string): Result => ({
  json: {
    pairing_id: pairing.id,
    machine_id: pairing.machineId,
    status: pairing.status,
    delegation_policy: snake(pairing.delegationPolicy),
  },
  text: `${title}\n${block([
    ["Pairing ID", clean(pairing.id)],
    ["Status", clean(pairing.status)],
    ...policyRows(pairing.delegationPolicy),
  ])}`,
});

export const policyShow: Handler<typeof spec.policyShow> = async ({ flags, settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const pairing = await pairingOf(client, flags["machine-id"], flags["agent-pairing-id"]);
  return policyResult(pairing, `Policy of agent ${clean(pairing.agentAddress)}`);
};

export const policySet: Handler<typeof spec.policySet> = async ({ flags, settings, ui, globals }) => {
  const client = marketContext(await settings(), ui);
  const [machineId, pairingId] = [flags["machine-id"], flags["agent-pairing-id"]];
  const before = await pairingOf(client, machineId, pairingId);
  const after = policyInput(flags, before.delegationPolicy);
  const changes = changed(before.delegationPolicy, after);
  if (changes.length === 0) return policyResult(before, "Nothing to change.");
  for (const [label, from, to] of changes) ui.line(`  ${label}: ${from} → ${to}`);
  if (!flags.yes && !globals.json && ui.interactive)
    await ui.confirm("Change the policy? The agent's token ends at once.", "--yes");
  const { item } = await updateAgentPairing(client, machineId, pairingId, { delegationPolicy: after });
  const result = policyResult(item, "Policy changed; the agent's token has ended.");
  return {
    ...result,
    text: `${result.text as string}\n\nNext: peaqos scale agent rotate ${pairingId} --machine-id ${machineId} --agent-key-file FILE --token-file FILE`,
  };
};

function changed(before: Parameters<typeof policyRows>[0], after: Parameters<typeof policyRows>[0]) {
  const old = policyRows(before);
  return policyRows(after).flatMap(([label, to], index) => {
    const from = old[index]?.[1] ?? "";
    return from === to ? [] : [[label, from, to] as const];
  });
}

export const policyCheck: Handler<typeof spec.policyCheck> = async ({ flags, settings, ui, io }) => {
  const client = marketContext(await settings(), ui);
  const token = await readToken(io, ui, flags["pairing-token-file"]);
  const [machineId, agentPairingId] = [flags["machine-id"], flags["agent-pairing-id"]];
  const only = flags["service-ids"];
  const wanted: { id: string; name: string }[] = [];
  if (only === undefined)
    for await (const { id, name } of listMarketServicesAll(client, { machineId })) wanted.push({ id, name });
  else wanted.push(...only.map((id) => ({ id, name: id })));
  const services: Record<string, unknown>[] = [];
  const lines: string[][] = [];
  for (const { id, name } of wanted) {
    const answer = await checkMarketOrder(client, { machineId, agentPairingId, serviceId: id }, token);
    const broken = answer.checks.find(({ passed }) => !passed);
    services.push({
      service_id: id,
      name: answer.service?.name ?? name,
      allowed: answer.allowed,
      amount: answer.amount,
      currency: answer.currency,
      code: broken?.code ?? null,
      reason: broken?.message ?? null,
    });
    lines.push([
      clean(id),
      clean(answer.service?.name ?? name),
      answer.rail === "not-required" ? "free" : money(answer.amount, answer.currency),
      answer.allowed ? "yes" : "no",
      clean(broken?.message ?? ""),
    ]);
  }
  return {
    json: { services },
    text:
      lines.length === 0
        ? "The catalogue is empty."
        : table(
            [
              { title: "Service ID" },
              { title: "Name" },
              { title: "Price", right: true },
              { title: "Allowed" },
              { title: "Why not" },
            ],
            lines,
          ),
  };
};

export const auditVerify: Handler<typeof spec.auditVerify> = async ({ flags, settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const machineId = flags["machine-id"];
  const answer = await verifyAudit(client, machineId === undefined ? {} : { machineId });
  const problems = answer.problems.map(
    ({ chain, seq, eventId, problem }) =>
      `  ${clean(chain)} #${seq}${eventId === null ? "" : ` (${clean(eventId)})`}: ${clean(problem)}`,
  );
  const signed = answer.heads.filter(({ signedAt }) => signedAt !== null).length;
  return {
    json: snake(answer),
    text: (style) =>
      [
        answer.valid
          ? style.green("The audit log is intact.")
          : style.red(`The audit log is broken in ${problems.length} place(s):`),
        ...problems,
        block([
          ["Chains", String(answer.chains)],
          ["Entries", String(answer.events)],
          ["Signed heads", `${signed} of ${answer.heads.length}`],
        ]),
      ].join("\n"),
    ...(!answer.valid && { exitCode: 2 as const }),
  };
};

export const cataloguePut: Handler<typeof spec.cataloguePut> = async (context) => {
  const { args, flags, settings, ui, io, globals } = context;
  const client = marketContext(await settings(), ui);
  const body = await readObject(io, "FILE", args[0]);
  if (typeof body.version !== "string" || !Array.isArray(body.services))
    throw usageError({
      code: "CATALOGUE",
      message: `${args[0]} holds no catalogue`,
      value: Object.keys(body).join(", ") || "(nothing)",
      rule: 'a catalogue is {"version": "...", "services": [...]}',
      next: "correct the file; the market names each wrong field",
    });
  if (!flags.yes && !globals.json && ui.interactive)
    await ui.confirm(
      `Replace the catalogue by version ${clean(body.version)} with ${body.services.length} services?`,
      "--yes",
    );
  const change = await putCatalogue(client, body as never);
  return {
    json: snake(change),
    text: `Catalogue ${clean(change.version)}: ${change.services} services (${change.added} added, ${change.changed} changed, ${change.removed} removed, ${change.unchanged} unchanged).`,
  };
};

const SCOPES = ["read", "write", "catalogue", "resolver", "keys"] as const;
type Scope = (typeof SCOPES)[number];

async function keyResult(
  { io }: Pick<HandlerContext, "io">,
  item: NewPlatformKey,
  file: string | undefined,
  title: string,
): Promise<Result> {
  const { key, ...rest } = { ...item };
  const path = file === undefined ? undefined : await writeSecret(io, "--key-file", file, key);
  return {
    json: { ...(snake(rest) as object), key: path === undefined ? key : null },
    text: `${title}\n${keyBlock(item)}\n\n${path === undefined ? `Key (shown once):\n${key}` : `Key written to ${path}`}`,
  };
}

const keyBlock = (key: Omit<PlatformKey, "key">) =>
  block(
    rows(
      ["Key ID", clean(key.id)],
      ["Name", clean(key.name)],
      ["Scopes", list(key.scopes)],
      ["Expires", key.expiresAt === null ? "never" : time(key.expiresAt)],
    ),
  );

export const keyCreate: Handler<typeof spec.keyCreate> = async (context) => {
  const { args, flags, settings, ui, io } = context;
  const client = marketContext(await settings(), ui);
  const unknown = flags.scopes.filter((scope) => !SCOPES.includes(scope as Scope));
  if (unknown.length > 0)
    throw usageError({
      code: "BAD_VALUE",
      message: "--scopes has a wrong value",
      value: unknown.join(", "),
      rule: `--scopes takes ${SCOPES.join(", ")}`,
      next: "--scopes read,write",
      details: { field: "scopes" },
    });
  const file = flags["key-file"];
  if (file !== undefined) await checkWritable(io, "--key-file", file);
  const expires = flags["expires-at"];
  const { item } = await createPlatformKey(client, {
    name: args[0],
    scopes: [...flags.scopes] as Scope[],
    ...(expires !== undefined && { expiresAt: new Date(Number(expires) * 1000).toISOString() }),
  });
  return keyResult(context, item, file, "Platform key created.");
};

export const keyRotate: Handler<typeof spec.keyRotate> = async (context) => {
  const { args, flags, settings, ui, io } = context;
  const client = marketContext(await settings(), ui);
  const file = flags["key-file"];
  if (file !== undefined) await checkWritable(io, "--key-file", file);
  const graceSeconds = flags["grace-seconds"];
  const { item } = await rotatePlatformKey(client, args[0], { graceSeconds });
  const old =
    graceSeconds === 0 ? "the old one is worthless" : `the old one goes on working for ${graceSeconds} s`;
  return keyResult(context, item, file, `Platform key rotated; ${old}.`);
};

export const keyRevoke: Handler<typeof spec.keyRevoke> = async ({
  args: [id],
  flags,
  settings,
  ui,
  globals,
}) => {
  const client = marketContext(await settings(), ui);
  if (!flags.yes && !globals.json && ui.interactive) await ui.confirm(`Revoke platform key ${id}?`, "--yes");
  await revokePlatformKey(client, id);
  return { json: { id, status: "revoked" }, text: `Platform key ${id} revoked.` };
};

export const keyList: Handler<typeof spec.keyList> = async ({ settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const items: PlatformKey[] = [];
  let cursor: string | undefined;
  do {
    const page = await listPlatformKeys(client, { cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const state = (key: PlatformKey) =>
    key.revokedAt !== null ? "revoked" : key.expiresAt !== null ? `until ${time(key.expiresAt)}` : "valid";
  return {
    json: { items: items.map(snake), next_cursor: null },
    text: table(
      [
        { title: "Key ID" },
        { title: "Name" },
        { title: "Scopes" },
        { title: "Ends in" },
        { title: "State" },
        { title: "Last used" },
      ],
      items.map((key) => [
        clean(key.id),
        clean(key.name),
        list(key.scopes),
        `...${clean(key.lastFour)}`,
        state(key),
        time(key.lastUsedAt),
      ]),
    ),
  };
};
