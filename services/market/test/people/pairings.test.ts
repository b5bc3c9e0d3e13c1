import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld, succeeded, type WorldAnswer, type WorldMachine } from "../world.ts";

/** Agents paired with machines, over HTTP. */

let world: MarketWorld;
let machine: WorldMachine;
beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("paired");
});
afterAll(() => world[Symbol.asyncDispose]());

const code = ({ status, body }: WorldAnswer) => `${status} ${body?.error?.code}`;
const reason = ({ body }: WorldAnswer) => body?.error?.details?.reason;

type Fields = { agentAddress: string; agentProvider: string; agentRole: string; agentDid?: string };

const at = (path = "", of = machine) => `/machines/${of.id}/agent-pairings${path}`;

async function fieldsOf(name: string): Promise<Fields> {
  return {
    agentAddress: (await world.chain.account(name)).address,
    agentProvider: "anthropic",
    agentRole: "buyer",
  };
}

async function proofOf(name: string, fields: Fields, of = machine, signer = name) {
  const { item } = succeeded(await world.call("POST", at("/challenges", of), { body: fields })).body;
  const account = await world.chain.account(signer);
  return { challengeId: item.challengeId, signature: await account.signMessage({ message: item.message }) };
}

async function pair(name: string, more: object = {}) {
  const fields = await fieldsOf(name);
  const agentProof = await proofOf(name, fields);
  return succeeded(await world.call("POST", at(), { body: { ...fields, agentProof, ...more } })).body.item;
}

/** Whether the token may act: the pairing's own rules, asked through the market's own check. */
async function acts(token: string, named: object = {}): Promise<string> {
  const answer = await world.call("POST", "/market/search", {
    token,
    body: { machineId: machine.id, serviceType: "oracle.price-feed", ...named },
  });
  return answer.status < 300 ? "ok" : `${code(answer)} ${reason(answer) ?? ""}`.trim();
}

test("challenge, pairing and session carry everything the published clients print", async () => {
  const fields = await fieldsOf("complete");
  const challenge = await world.call("POST", at("/challenges"), { body: fields });
  expect(challenge).toMatchObject({
    status: 201,
    body: {
      item: {
        agentAddress: fields.agentAddress,
        agentDid: `did:pkh:eip155:1:${fields.agentAddress}`,
        machineId: machine.id,
        machineIdentityRef: machine.did,
        verificationMethod: "eip191",
      },
    },
  });
  for (const line of [
    `Machine ID: ${machine.id}`,
    `Agent Address: ${fields.agentAddress}`,
    "Agent Role: buyer",
  ])
    expect(challenge.body.item.message).toContain(`${line}\n`);
  const policy = {
    allowedSkillKeys: [],
    deniedSkillKeys: [],
    allowedServiceIds: [],
    deniedServiceIds: [],
    dailySpendLimit: 5,
    currency: "usd",
  };
  const created = await pair("complete", { delegationPolicy: policy, description: "mine" });
  expect(created).toMatchObject({
    machineId: machine.id,
    status: "active",
    description: "mine",
    agentAddress: fields.agentAddress,
    agentDid: `did:pkh:eip155:1:${fields.agentAddress}`,
    verification: { method: "eip191", signerAddress: fields.agentAddress },
    delegationPolicy: { dailySpendLimit: 5, perTransactionLimit: null, currency: "USD" },
    hasAuthToken: true,
    tokenLastFour: created.pairingToken.slice(-4),
    sessionId: expect.stringMatching(/^asess_[0-9a-f]{12}$/),
  });
  expect(await acts(created.pairingToken)).toBe("ok");
  const rotated = succeeded(
    await world.call("POST", at(`/${created.id}/sessions`), {
      body: { agentProof: await proofOf("complete", fields) },
    }),
  ).body.item;
  expect(rotated.pairingToken).not.toBe(created.pairingToken);
  expect(await acts(rotated.pairingToken)).toBe("ok");
  expect(await acts(created.pairingToken)).toBe("401 AGENT_AUTH_INVALID session_replaced");
  const list = await world.call("GET", at());
  expect(list.body.items).toHaveLength(1);
  expect(list.body.items[0].pairingToken).toBeUndefined();
});

test("an identical request gets the pending challenge, any other request another one", async () => {
  const fields = await fieldsOf("asks again");
  const ask = async (more: object) =>
    (await world.call("POST", at("/challenges"), { body: { ...fields, ...more } })).body.item.challengeId;
  const first = await ask({});
  expect(await ask({})).toBe(first);
  expect(await ask({ agentAddress: fields.agentAddress.toLowerCase() })).toBe(first);
  expect(await ask({ agentDid: `did:pkh:eip155:1:${fields.agentAddress.toLowerCase()}` })).toBe(first);
  const others = [
    await ask({ agentRole: "ops" }),
    await ask({ agentProvider: "x" }),
    await ask({ agentDid: `did:pkh:eip155:8453:${fields.agentAddress}` }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
});

test("an agentDid must be did:pkh of the same address", async () => {
  const fields = await fieldsOf("with a did");
  const other = (await world.chain.account("another did")).address;
  for (const agentDid of [
    "did:web:x",
    `did:pkh:eip155:0:${fields.agentAddress}`,
    `did:pkh:eip155:1:${other}`,
    `did:pkh:solana:1:${fields.agentAddress}`,
    fields.agentAddress,
  ])
    expect(
      code(await world.call("POST", at("/challenges"), { body: { ...fields, agentDid } })),
      agentDid,
    ).toBe("400 VALIDATION_ERROR");
});

test("guarantee: nobody is paired without a fresh signature of the agent's own key over a challenge for exactly this", async () => {
  const fields = await fieldsOf("guarded agent");
  const post = (agentProof: unknown, more: object = {}, of = machine) =>
    world.call("POST", at("", of), { body: { ...fields, agentProof, ...more } });
  expect(code(await post(undefined))).toBe("400 AGENT_PAIRING_PROOF_REQUIRED");
  const proof = await proofOf("guarded agent", fields);
  for (const [more, of] of [
    [{ agentRole: "admin" }, machine],
    [{ agentProvider: "other" }, machine],
    [{ agentAddress: (await world.chain.account("thief")).address }, machine],
    [{ agentDid: `did:pkh:eip155:8453:${fields.agentAddress}` }, machine],
    [{}, await world.machine("another machine")],
  ] as const) {
    const answer = await post(proof, more, of);
    expect([code(answer), reason(answer)], JSON.stringify(more)).toEqual([
      "401 AGENT_PAIRING_PROOF_INVALID",
      "other_subject",
    ]);
  }
  const stolen = await post(await proofOf("guarded agent", fields, machine, "thief"));
  expect([code(stolen), reason(stolen)]).toEqual(["401 AGENT_PAIRING_PROOF_INVALID", "wrong_signer"]);
  // A machine's own challenge is for another purpose.
  const identity = (
    await world.call("POST", "/machine-identity/challenges", { body: { identityRef: machine.did } })
  ).body.item;
  const crossed = await post({
    challengeId: identity.challengeId,
    signature: await machine.account.signMessage({ message: identity.message }),
  });
  expect([code(crossed), reason(crossed)]).toEqual(["401 AGENT_PAIRING_PROOF_INVALID", "unknown_challenge"]);
  world.market.clock.add(301_000);
  try {
    expect(code(await post(proof))).toBe("401 AGENT_PAIRING_PROOF_EXPIRED");
  } finally {
    world.market.clock.add(-301_000);
  }
  expect((await post(proof)).status).toBe(201);
  const again = await post(proof);
  expect([code(again), reason(again)]).toEqual(["401 AGENT_PAIRING_PROOF_INVALID", "challenge_used"]);
});

test("guarantee: of two requests racing with one challenge one pairs", async () => {
  const fields = await fieldsOf("racing agent");
  const agentProof = await proofOf("racing agent", fields);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => world.call("POST", at(), { body: { ...fields, agentProof } })),
  );
  expect(answers.map((each) => each.status).sort()).toEqual([201, ...Array(7).fill(401)]);
});

test("guarantee: a token is shown once; the database keeps neither it nor an idempotent answer in the clear", async () => {
  const fields = await fieldsOf("shown once");
  const request = { key: "pair-1", body: { ...fields, agentProof: await proofOf("shown once", fields) } };
  const first = succeeded(await world.call("POST", at(), request)).body;
  expect((await world.call("POST", at(), request)).body).toEqual(first);
  const token: string = first.item.pairingToken;
  const { pool } = world.market.service.market.database;
  const { rows: tables } = await pool.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  for (const { name } of tables) {
    const { rows } = await pool.query<{ line: string }>(`select t::text as line from ${name} t`);
    const lines = rows.map((row) => row.line).join("\n");
    expect(lines.includes(token), name).toBe(false);
    expect(lines.includes(token.split(".")[2] ?? ""), name).toBe(false);
  }
  expect(await acts(token)).toBe("ok");
});

test("a policy is replaced whole, its change ends the session at once, and changing it back brings no token back", async () => {
  const created = await pair("policied", {
    delegationPolicy: { perTransactionLimit: 1, dailySpendLimit: 5, currency: "USD" },
  });
  const patch = (delegationPolicy: object) =>
    world.call("PATCH", at(`/${created.id}`), { body: { delegationPolicy } });
  const same = await patch({ perTransactionLimit: 1, dailySpendLimit: 5, currency: "USD" });
  expect(same.body.item.hasAuthToken).toBe(true);
  expect(await acts(created.pairingToken)).toBe("ok");
  const changed = await patch({ perTransactionLimit: 2 });
  expect(changed.body.item).toMatchObject({
    hasAuthToken: false,
    sessionId: null,
    delegationPolicy: { perTransactionLimit: 2, dailySpendLimit: null, currency: null },
  });
  expect(await acts(created.pairingToken)).toBe("401 AGENT_AUTH_INVALID delegation_policy_changed");
  await patch({ perTransactionLimit: 1, dailySpendLimit: 5, currency: "USD" });
  expect(await acts(created.pairingToken)).toBe("401 AGENT_AUTH_INVALID delegation_policy_changed");
});

test("pause, resume and revoke follow the table; a revoked pairing stays revoked", async () => {
  const created = await pair("paused one");
  const patch = (body: object) => world.call("PATCH", at(`/${created.id}`), { body });
  expect((await patch({ status: "paused", agentRole: "ops" })).body.item).toMatchObject({
    status: "paused",
    agentRole: "ops",
  });
  expect(await acts(created.pairingToken)).toBe("403 AGENT_PAIRING_INACTIVE");
  const fields = { ...(await fieldsOf("paused one")), agentRole: "ops" };
  const session = async () =>
    code(
      await world.call("POST", at(`/${created.id}/sessions`), {
        body: { agentProof: await proofOf("paused one", fields) },
      }),
    );
  expect(await session()).toBe("403 AGENT_PAIRING_INACTIVE");
  expect((await patch({ status: "active" })).body.item.status).toBe("active");
  expect(await acts(created.pairingToken)).toBe("ok");
  expect(await world.call("DELETE", at(`/${created.id}`))).toMatchObject({ status: 204, body: undefined });
  expect((await world.call("DELETE", at(`/${created.id}`))).status).toBe(204);
  expect(await acts(created.pairingToken)).toBe("403 AGENT_PAIRING_INACTIVE");
  for (const body of [{ status: "active" }, { status: "paused" }, { description: "x" }])
    expect(code(await patch(body)), JSON.stringify(body)).toBe("403 AGENT_PAIRING_INACTIVE");
  expect(await session()).toBe("403 AGENT_PAIRING_INACTIVE");
  expect((await world.call("GET", at())).body.items).toContainEqual(
    expect.objectContaining({ id: created.id, status: "revoked", hasAuthToken: false }),
  );
});

test("a token past its hour is AGENT_AUTH_EXPIRED", async () => {
  const created = await pair("old one");
  world.market.clock.add(3_600_000);
  try {
    expect(await acts(created.pairingToken)).toBe("401 AGENT_AUTH_EXPIRED");
  } finally {
    world.market.clock.add(-3_600_000);
  }
});

test("guarantee: a token acts for its own machine and pairing only, and only while the machine is active", async () => {
  const [mine, other] = [await pair("for one"), await pair("for another")];
  const elsewhere = await world.machine("elsewhere");
  expect(await acts(mine.pairingToken, { machineId: elsewhere.id })).toBe(
    "401 AGENT_AUTH_INVALID other_machine",
  );
  expect(await acts(mine.pairingToken, { agentPairingId: other.id })).toBe(
    "401 AGENT_AUTH_INVALID other_pairing",
  );
  expect(await acts(mine.pairingToken, { agentPairingId: mine.id })).toBe("ok");
  const patch = (status: string) => world.call("PATCH", `/machines/${machine.id}`, { body: { status } });
  await patch("blocked");
  expect(await acts(mine.pairingToken)).toBe("409 MACHINE_NOT_ACTIVE");
  await patch("active");
  expect(await acts(mine.pairingToken)).toBe("ok");
});

test("guarantee: what is revoked, rotated or changed on one replica bites at once on the other", async () => {
  const other = await world.market.replica();
  const actsThere = async (token: string) => {
    const answer = await world.call("POST", "/market/search", {
      on: other,
      token,
      body: { machineId: machine.id, serviceType: "oracle.price-feed" },
    });
    return answer.status < 300 ? "ok" : code(answer);
  };
  const created = await pair("two replicas");
  expect(await actsThere(created.pairingToken)).toBe("ok");
  const agent = {
    machine,
    account: await world.chain.account("two replicas"),
    address: created.agentAddress,
    pairingId: created.id,
    token: created.pairingToken,
  };
  const rotated = await world.rotate(agent);
  expect(await actsThere(created.pairingToken)).toBe("401 AGENT_AUTH_INVALID");
  expect(await actsThere(rotated.token)).toBe("ok");
  await world.call("DELETE", at(`/${created.id}`), { on: other });
  expect(await acts(rotated.token)).toBe("403 AGENT_PAIRING_INACTIVE");
  await other.stop();
});

test("guarantee: while sessions are rotated under load, exactly the newest token acts in the end", async () => {
  const created = await pair("rotated under load");
  let agent = {
    machine,
    account: await world.chain.account("rotated under load"),
    address: created.agentAddress,
    pairingId: created.id,
    token: created.pairingToken,
  };
  const old: string[] = [];
  for (let round = 0; round < 5; round++) {
    const outcomes = Promise.all(Array.from({ length: 4 }, () => acts(agent.token)));
    old.push(agent.token);
    agent = await world.rotate(agent);
    for (const outcome of await outcomes)
      expect(["ok", "401 AGENT_AUTH_INVALID session_replaced"]).toContain(outcome);
  }
  for (const token of old) expect(await acts(token)).toBe("401 AGENT_AUTH_INVALID session_replaced");
  expect(await acts(agent.token)).toBe("ok");
});

test("guarantee: a token whose pairing says something else than the token does not act", async () => {
  const created = await pair("edited");
  const { pool } = world.market.service.market.database;
  for (const [column, value, expected] of [
    ["policy_hash", "00", "401 AGENT_AUTH_INVALID delegation_policy_changed"],
    ["machine_id", "mach_ffffffffffff", "401 AGENT_AUTH_INVALID unknown_pairing"],
    ["tenant_id", "other", "401 AGENT_AUTH_INVALID unknown_pairing"],
    ["session_id", null, "401 AGENT_AUTH_INVALID session_replaced"],
    ["status", "paused", "403 AGENT_PAIRING_INACTIVE"],
  ] as const) {
    const { rows } = await pool.query(`select ${column} as before from agent_pairings where id = $1`, [
      created.id,
    ]);
    await pool.query(`update agent_pairings set ${column} = $2 where id = $1`, [created.id, value]);
    expect(await acts(created.pairingToken), column).toBe(expected);
    await pool.query(`update agent_pairings set ${column} = $2 where id = $1`, [created.id, rows[0].before]);
    expect(await acts(created.pairingToken), column).toBe("ok");
  }
});

test("guarantee: without a token nothing acts; where none is asked for, the pairing has to be named, and a token that is sent still counts", async () => {
  const created = await pair("named by the operator");
  const body = { machineId: machine.id, serviceType: "oracle.price-feed" };
  const search = (more: object, options: object = {}) =>
    world.call("POST", "/market/search", { body: { ...body, ...more }, ...options });
  expect(code(await search({ agentPairingId: created.id }))).toBe("401 AGENT_AUTH_REQUIRED");
  const open = await world.market.replica({ PEAQOS_REQUIRE_AGENT_PAIRING_AUTH: "false" });
  const named = (more: object, token?: string) => search(more, { on: open, token });
  expect((await named({ agentPairingId: created.id })).status).toBeLessThan(300);
  expect(code(await named({}))).toBe("403 AGENT_PAIRING_REQUIRED");
  expect(code(await named({ agentPairingId: "pair_ffffffffffff" }))).toBe("403 AGENT_PAIRING_REQUIRED");
  const elsewhere = await world.machine("named elsewhere");
  expect(code(await named({ agentPairingId: created.id, machineId: elsewhere.id }))).toBe(
    "403 AGENT_PAIRING_REQUIRED",
  );
  expect(code(await named({ agentPairingId: created.id }, `${created.pairingToken}x`))).toBe(
    "401 AGENT_AUTH_INVALID",
  );
  await world.call("DELETE", at(`/${created.id}`));
  expect(code(await named({ agentPairingId: created.id }))).toBe("403 AGENT_PAIRING_INACTIVE");
  await open.stop();
});

test("a deployment without a session secret says that it makes no pairings", async () => {
  const without = await world.market
    .replica({
      PEAQOS_SESSION_SECRET: "",
      PEAQOS_REQUIRE_AGENT_PAIRING_AUTH: "false",
      PEAQOS_ENCRYPTION_KEY: "11".repeat(32),
    })
    .catch((error: Error) => error);
  if (without instanceof Error) throw without;
  const fields = await fieldsOf("nobody");
  const challenge = await world.call("POST", at("/challenges"), { on: without, body: fields });
  expect(code(challenge)).toBe("503 AGENT_PAIRING_UNAVAILABLE");
  const create = await world.call("POST", at(), {
    on: without,
    body: { ...fields, agentProof: { challengeId: "x", signature: "0x" } },
  });
  expect(code(create)).toBe("503 AGENT_PAIRING_UNAVAILABLE");
  await without.stop();
});

test("where pairing verification is off an agent is paired without a signature, and says so", async () => {
  const off = await world.market.replica({ PEAQOS_AGENT_PAIRING_VERIFICATION: "off" });
  const answer = await world.call("POST", at(), { on: off, body: await fieldsOf("unsigned") });
  expect(answer).toMatchObject({ status: 201, body: { item: { verification: null, hasAuthToken: true } } });
  await off.stop();
});

test("pairings of a machine that is not active or not there", async () => {
  const draft = await world.machine("only a draft", { activate: false });
  const fields = await fieldsOf("early");
  expect(code(await world.call("POST", at("/challenges", draft), { body: fields }))).toBe(
    "409 MACHINE_NOT_ACTIVE",
  );
  const nowhere = { ...machine, id: "mach_ffffffffffff" };
  for (const [method, path, body] of [
    ["GET", at("", nowhere), undefined],
    ["POST", at("/challenges", nowhere), fields],
    ["POST", at("", nowhere), { ...fields, agentProof: { challengeId: "x", signature: "0x" } }],
    ["POST", at("/pair_ffffffffffff/sessions"), { agentProof: { challengeId: "x", signature: "0x" } }],
    ["PATCH", at("/pair_ffffffffffff"), {}],
    ["DELETE", at("/pair_ffffffffffff"), undefined],
  ] as const)
    expect(code(await world.call(method, path, { body })), `${method} ${path}`).toBe("404 NOT_FOUND");
});

test("the audit log tells of pairings, without tokens", async () => {
  const created = await pair("audited agent");
  await world.call("PATCH", at(`/${created.id}`), { body: { delegationPolicy: { dailySpendLimit: 1 } } });
  await world.call("DELETE", at(`/${created.id}`));
  const { items } = (
    await world.call("GET", `/audit-events?machineId=${machine.id}&resourceType=agent-pairing&limit=500`)
  ).body;
  const mine = items.filter((each: { resourceId: string }) => each.resourceId === created.id);
  expect(mine.map((each: { type: string }) => each.type)).toEqual([
    "pairing.revoked",
    "pairing.updated",
    "pairing.created",
  ]);
  expect(mine[1].payload).toMatchObject({
    before: { delegationPolicy: { dailySpendLimit: null } },
    after: { delegationPolicy: { dailySpendLimit: 1 } },
  });
  expect(JSON.stringify(items)).not.toContain(created.pairingToken);
});
