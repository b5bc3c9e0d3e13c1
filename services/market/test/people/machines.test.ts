import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld, type WorldAnswer } from "../world.ts";

/** Machines over HTTP, against a real chain and a real rating service. */

let world: MarketWorld;
beforeAll(async () => {
  world = await marketWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const fields = {
  displayName: "Charger 7",
  ownerId: "op_1",
  machineType: "robot",
  runtimeProfile: "linux-docker",
};

type Known = Awaited<ReturnType<MarketWorld["registered"]>>;

async function challengeFor(identityRef: string) {
  return (await world.call("POST", "/machine-identity/challenges", { body: { identityRef } })).body.item;
}

async function proofOf(machine: Known, identityRef = machine.did, signer = machine.account) {
  const { challengeId, message } = await challengeFor(identityRef);
  return { challengeId, signature: await signer.signMessage({ message }) };
}

async function create(machine: Known, more: object = {}): Promise<WorldAnswer> {
  const identityProof = await proofOf(machine);
  return world.call("POST", "/machines", {
    body: { ...fields, identityRef: machine.did, identityProof, ...more },
  });
}

const code = ({ status, body }: WorldAnswer) => `${status} ${body?.error?.code}`;
const reason = ({ body }: WorldAnswer) => body?.error?.details?.reason;

test("a challenge names every controller, and an identical request gets the same one again", async () => {
  const machine = await world.registered("challenged");
  const first = await world.call("POST", "/machine-identity/challenges", {
    body: { identityRef: machine.did },
  });
  expect(first).toMatchObject({
    status: 201,
    body: {
      item: {
        identityRef: machine.did,
        verificationMethod: "eip191",
        controllerAddresses: [machine.account.address],
      },
    },
  });
  const again = await challengeFor(machine.did.toLowerCase());
  expect(again).toMatchObject({ challengeId: first.body.item.challengeId, message: first.body.item.message });
  expect(first.body.item.message).toContain(`Identity Ref: ${machine.did}\n`);
  // By its number in the registry it is the same machine, but another text.
  const byNumber = await challengeFor(`peaqos:machine:${machine.registryId}`);
  expect(byNumber.controllerAddresses).toEqual([machine.account.address]);
  expect(byNumber.challengeId).not.toBe(first.body.item.challengeId);
});

test("a challenge with less than a minute to live is not given out again", async () => {
  const machine = await world.registered("late");
  const first = await challengeFor(machine.did);
  world.market.clock.add(241_000);
  try {
    expect((await challengeFor(machine.did)).challengeId).not.toBe(first.challengeId);
  } finally {
    world.market.clock.add(-241_000);
  }
});

test("create, activate without a new proof, read, list, change, archive, register again", async () => {
  const machine = await world.registered("whole life");
  const created = await create(machine, { capabilities: ["charge"], labels: { site: "a" } });
  expect(created).toMatchObject({
    status: 201,
    body: {
      item: {
        status: "draft",
        identityRef: machine.did,
        identityProof: {
          method: "eip191",
          signerAddress: machine.account.address,
          controllerAddresses: [machine.account.address],
          resolutionSource: "peaqos-mcr",
        },
        capabilities: ["charge"],
        labels: { site: "a" },
      },
    },
  });
  const { id } = created.body.item;
  const activated = await world.call("PATCH", `/machines/${id}`, { body: { status: "active" } });
  expect(activated).toMatchObject({ status: 200, body: { item: { id, status: "active" } } });
  // Once more, as a client does that has lost the answer.
  expect(await world.call("PATCH", `/machines/${id}`, { body: { status: "active" } })).toMatchObject({
    status: 200,
  });
  expect((await world.call("GET", `/machines/${id}`)).body.item).toEqual(activated.body.item);
  expect((await world.call("GET", "/machines")).body.items).toContainEqual(activated.body.item);
  const changed = await world.call("PATCH", `/machines/${id}`, {
    body: { displayName: "Other", labels: {} },
  });
  expect(changed.body.item).toMatchObject({ displayName: "Other", labels: {}, status: "active" });
  expect(await world.call("DELETE", `/machines/${id}`)).toMatchObject({ status: 204, body: undefined });
  expect((await world.call("DELETE", `/machines/${id}`)).status).toBe(204);
  expect((await world.call("GET", `/machines/${id}`)).body.item.status).toBe("archived");
  expect(JSON.stringify((await world.call("GET", "/machines")).body)).not.toContain(id);
  expect(code(await world.call("PATCH", `/machines/${id}`, { body: { displayName: "x" } }))).toBe(
    "409 CONFLICT",
  );
  const second = await create(machine);
  expect(second.status).toBe(201);
  expect(second.body.item.id).not.toBe(id);
});

test("an operator's key may prove the machine it operates", async () => {
  const { chain } = world;
  const { identityRegistryAbi } = await import("@peaqos/abi");
  const operator = await chain.account("an operator");
  const owned = await chain.account("an operated machine");
  const hash = await chain.wallet(operator).writeContract({
    address: chain.deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "registerFor",
    args: [owned.address],
    value: 10n ** 18n,
  });
  await chain.publicClient.waitForTransactionReceipt({ hash });
  const machine = await world.registered("an operated machine");
  const challenge = await challengeFor(machine.did);
  expect(challenge.controllerAddresses).toEqual([owned.address, operator.address]);
  const identityProof = await proofOf(machine, machine.did, operator);
  const created = await world.call("POST", "/machines", {
    body: { ...fields, identityRef: machine.did, identityProof },
  });
  expect(created.body.item.identityProof.signerAddress).toBe(operator.address);
});

test("guarantee: without a fresh signature of a controller over its own challenge there is no machine", async () => {
  const machine = await world.registered("guarded");
  const other = await world.registered("somebody else");
  const body = (identityProof: unknown) => ({ body: { ...fields, identityRef: machine.did, identityProof } });
  const post = (identityProof: unknown) => world.call("POST", "/machines", body(identityProof));
  expect(code(await post(undefined))).toBe("400 MACHINE_IDENTITY_PROOF_REQUIRED");
  expect(code(await world.call("POST", "/machines", { body: fields }))).toBe(
    "400 MACHINE_IDENTITY_PROOF_REQUIRED",
  );
  const unknown = await post({ challengeId: "mich_ffffffffffffffff", signature: `0x${"11".repeat(65)}` });
  expect([code(unknown), reason(unknown)]).toEqual([
    "401 MACHINE_IDENTITY_PROOF_INVALID",
    "unknown_challenge",
  ]);
  const wrong = await post(await proofOf(machine, machine.did, other.account));
  expect([code(wrong), reason(wrong)]).toEqual(["401 MACHINE_IDENTITY_PROOF_INVALID", "wrong_signer"]);
  expect(wrong.body.error.details).toMatchObject({
    signerAddress: other.account.address,
    expected: [machine.account.address],
    attemptsLeft: 4,
  });
  const foreign = await post(await proofOf(other));
  expect([code(foreign), reason(foreign)]).toEqual(["401 MACHINE_IDENTITY_PROOF_INVALID", "other_subject"]);
  const { challengeId, signature } = await proofOf(machine);
  const bad = await post({ challengeId, signature: `${signature.slice(0, -2)}ff` });
  expect([code(bad), reason(bad)]).toEqual(["401 MACHINE_IDENTITY_PROOF_INVALID", "bad_signature"]);
  world.market.clock.add(300_001);
  try {
    expect(code(await post({ challengeId, signature }))).toBe("401 MACHINE_IDENTITY_PROOF_EXPIRED");
  } finally {
    world.market.clock.add(-300_001);
  }
  expect(
    (await world.call("GET", "/machines")).body.items.map(
      (each: { identityRef: string }) => each.identityRef,
    ),
  ).not.toContain(machine.did);
});

test("guarantee: five wrong signatures make a challenge void, also for the right one", async () => {
  const machine = await world.registered("guessed at");
  const other = await world.chain.account("guesser");
  const right = await proofOf(machine);
  const challenge = await challengeFor(machine.did);
  const wrong = await other.signMessage({ message: challenge.message });
  const post = (signature: string) =>
    world.call("POST", "/machines", {
      body: {
        ...fields,
        identityRef: machine.did,
        identityProof: { challengeId: right.challengeId, signature },
      },
    });
  for (let attempt = 1; attempt <= 5; attempt++) expect(reason(await post(wrong))).toBe("wrong_signer");
  expect(reason(await post(right.signature))).toBe("challenge_void");
  // The next request gets a new one.
  expect((await challengeFor(machine.did)).challengeId).not.toBe(right.challengeId);
});

test("guarantee: one identity is one machine, in whatever form, of whatever request, however many race", async () => {
  const machine = await world.registered("raced for");
  const identityProof = await proofOf(machine);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      world.call("POST", "/machines", { body: { ...fields, identityRef: machine.did, identityProof } }),
    ),
  );
  const created = answers.filter((each) => each.status === 201);
  expect(created).toHaveLength(1);
  for (const each of answers.filter((answer) => answer.status !== 201))
    expect(code(each)).toBe("409 MACHINE_IDENTITY_EXISTS");
  const again = await create(machine);
  expect(code(again)).toBe("409 MACHINE_IDENTITY_EXISTS");
  expect(again.body.error.details).toMatchObject({ machineId: created[0]?.body.item.id, status: "draft" });
  const number = `peaqos:machine:${machine.registryId}`;
  const byNumber = await world.call("POST", "/machines", {
    body: { ...fields, identityRef: number, identityProof: await proofOf(machine, number) },
  });
  expect(code(byNumber)).toBe("409 MACHINE_IDENTITY_EXISTS");
});

test("guarantee: a challenge that two requests race with is used once", async () => {
  const machine = await world.registered("used once");
  const identityProof = await proofOf(machine);
  const { body } = await world.call("POST", "/machines", {
    body: { ...fields, identityRef: machine.did, identityProof },
  });
  await world.call("DELETE", `/machines/${body.item.id}`);
  const again = await world.call("POST", "/machines", {
    body: { ...fields, identityRef: machine.did, identityProof },
  });
  expect([code(again), reason(again)]).toEqual(["401 MACHINE_IDENTITY_PROOF_INVALID", "challenge_used"]);
  const fresh = await proofOf(machine);
  const answers = await Promise.all(
    ["a", "b"].map((key) =>
      world.call("POST", "/machines", {
        key: `race-${key}`,
        body: { ...fields, identityRef: machine.did, identityProof: fresh },
      }),
    ),
  );
  expect(answers.map((each) => each.status).sort()).toEqual([201, 409]);
});

test("with an Idempotency-Key the same request gets the same answer, also after the challenge was used", async () => {
  const machine = await world.registered("repeated");
  const identityProof = await proofOf(machine);
  const request = { key: "create-1", body: { ...fields, identityRef: machine.did, identityProof } };
  const first = await world.call("POST", "/machines", request);
  expect(first.status).toBe(201);
  expect(await world.call("POST", "/machines", request)).toMatchObject({ status: 201, body: first.body });
  const other = await world.call("POST", "/machines", {
    ...request,
    body: { ...request.body, displayName: "another" },
  });
  expect([code(other), reason(other)]).toEqual(["409 CONFLICT", "idempotency_key_reused"]);
});

test("a machine's identity cannot be changed, in any letter case it is the same", async () => {
  const machine = await world.machine("immutable");
  const other = await world.registered("the other");
  const patch = (identityRef: string) =>
    world.call("PATCH", `/machines/${machine.id}`, { body: { identityRef } });
  expect(code(await patch(other.did))).toBe("409 MACHINE_IDENTITY_IMMUTABLE");
  expect(code(await patch(`peaqos:machine:${machine.registryId}`))).toBe("409 MACHINE_IDENTITY_IMMUTABLE");
  expect((await patch(machine.did.toLowerCase())).status).toBe(200);
  const proof = await proofOf(machine, machine.did, other.account);
  const wrong = await world.call("PATCH", `/machines/${machine.id}`, { body: { identityProof: proof } });
  expect(code(wrong)).toBe("401 MACHINE_IDENTITY_PROOF_INVALID");
  const body = { identityProof: await proofOf(machine) };
  const renewed = await world.call("PATCH", `/machines/${machine.id}`, { body });
  expect(renewed.body.item.identityProof.challengeId).toBe(body.identityProof.challengeId);
  // Once more, after a lost answer: it has happened, and nothing changes.
  expect(await world.call("PATCH", `/machines/${machine.id}`, { body })).toMatchObject({
    status: 200,
    body: renewed.body,
  });
});

test("states change along the table and nowhere else", async () => {
  const { id } = await world.machine("stateful");
  const to = (status: string) => world.call("PATCH", `/machines/${id}`, { body: { status } });
  for (const status of ["degraded", "active", "blocked", "degraded", "blocked", "active"])
    expect((await to(status)).body.item.status).toBe(status);
  const back = await to("draft");
  expect(code(back)).toBe("409 CONFLICT");
  expect(back.body.error.details).toMatchObject({ reason: "status_transition", from: "active", to: "draft" });
  expect(code(await to("resting"))).toBe("400 VALIDATION_ERROR");
  expect((await to("archived")).body.item.status).toBe("archived");
  expect(code(await to("active"))).toBe("409 CONFLICT");
});

test("a reference the chain does not know is MACHINE_NOT_ACTIVATED, one that cannot be is VALIDATION_ERROR", async () => {
  const nobody = await world.chain.account("never registered");
  for (const identityRef of [
    `did:peaq:${nobody.address}`,
    "peaqos:machine:999999",
    `peaqos:machine:${"9".repeat(78)}`,
  ]) {
    const answer = await world.call("POST", "/machine-identity/challenges", { body: { identityRef } });
    expect(code(answer), identityRef).toBe("403 MACHINE_NOT_ACTIVATED");
  }
  for (const identityRef of [
    "",
    "did:peaq:0x12",
    "did:web:x",
    "peaqos:machine:0",
    "peaqos:machine:-1",
    7,
    null,
  ]) {
    const answer = await world.call("POST", "/machine-identity/challenges", { body: { identityRef } });
    expect(code(answer), String(identityRef)).toBe("400 VALIDATION_ERROR");
  }
  expect(code(await world.call("GET", "/machines/mach_ffffffffffff"))).toBe("404 NOT_FOUND");
  expect(code(await world.call("PATCH", "/machines/mach_ffffffffffff", { body: {} }))).toBe("404 NOT_FOUND");
  expect(code(await world.call("DELETE", "/machines/mach_ffffffffffff"))).toBe("404 NOT_FOUND");
});

test("policyIds must name policies that are there: a limit nobody notices is missing is none", async () => {
  const machine = await world.registered("with policies");
  const refused = await create(machine, { policyIds: ["pol_ffffffffffff"] });
  expect(code(refused)).toBe("400 VALIDATION_ERROR");
  const policy = (await world.call("POST", "/policies", { body: { name: "p" } })).body.item;
  const created = await create(machine, { policyIds: [policy.id] });
  expect(created.body.item.policyIds).toEqual([policy.id]);
});

test("every change is in the audit log, with what was before", async () => {
  const { id } = await world.machine("audited");
  await world.call("PATCH", `/machines/${id}`, { body: { displayName: "renamed" } });
  await world.call("DELETE", `/machines/${id}`);
  const { items } = (await world.call("GET", `/audit-events?machineId=${id}`)).body;
  expect(items.map((each: { type: string }) => each.type)).toEqual([
    "machine.archived",
    "machine.updated",
    "machine.activated",
    "machine.created",
  ]);
  expect(items[1]).toMatchObject({
    actor: "platform",
    resourceType: "machine",
    resourceId: id,
    payload: { before: { displayName: "audited" }, after: { displayName: "renamed" } },
  });
});

test("the list goes on page by page", async () => {
  for (const name of ["page one", "page two", "page three"]) await world.machine(name);
  const seen: string[] = [];
  let cursor = "";
  do {
    const { body } = await world.call("GET", `/machines?limit=2${cursor && `&cursor=${cursor}`}`);
    expect(body.items.length).toBeLessThanOrEqual(2);
    seen.push(...body.items.map((each: { id: string }) => each.id));
    cursor = body.nextCursor ?? "";
  } while (cursor !== "");
  const all = (await world.call("GET", "/machines?limit=500")).body.items.map(
    (each: { id: string }) => each.id,
  );
  expect(seen).toEqual(all);
  for (const bad of ["limit=0", "limit=501", "limit=x", "cursor=nonsense"])
    expect(code(await world.call("GET", `/machines?${bad}`)), bad).toBe("400 VALIDATION_ERROR");
});
