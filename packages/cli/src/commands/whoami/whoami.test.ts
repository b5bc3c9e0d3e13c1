import { faults, faultyRpc } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../test/run-cli.ts";
import { type Stack, startStack } from "../../test/stack.ts";

let stack: Stack;
let env: Record<string, string>;
beforeAll(async () => {
  stack = await startStack();
  env = await stack.env("me");
});
afterAll(() => stack[Symbol.asyncDispose]());

test("shows signer, network, chain and contracts; the colons line up", async () => {
  const { code, stdout, stderr } = await runCli(["whoami"], { env });
  expect([code, stderr]).toEqual([0, ""]);
  const { address } = await stack.chain.account("me");
  expect(stdout).toContain(
    `  Address :  ${address}\n  Network :  unknown\n  RPC URL :  ${env.PEAQOS_RPC_URL}\n  Chain ID:  33380\n`,
  );
  expect(stdout).toContain("Contracts:\n    IdentityRegistry:  0x");
  expect(stdout).not.toContain(env.PEAQOS_PRIVATE_KEY!.slice(2));
});

test("asks the chain for its id and nothing else", async () => {
  await using rpc = await faultyRpc(stack.chain.url);
  await runCli(["whoami"], { env: { ...env, PEAQOS_RPC_URL: rpc.url } });
  expect(rpc.requests.map(({ method }) => method)).toEqual(["eth_chainId"]);
});

test("a label that does not fit the chain is warned of", async () => {
  const { code, stdout } = await runCli(["whoami", "--json"], { env: { ...env, PEAQOS_NETWORK: "agung" } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).warnings[0]).toContain(
    "agung (chain 9990), but the node at PEAQOS_RPC_URL is chain 33380",
  );
});

test("credentials in a URL are not shown", async () => {
  const url = stack.chain.url.replace("http://", "http://user:pass@");
  const { stdout } = await runCli(["whoami"], { env: { ...env, PEAQOS_RPC_URL: `${url}/?apikey=hunter2` } });
  expect(stdout).not.toContain("pass");
  expect(stdout).not.toContain("hunter2");
});

test("everything that is missing is named at once, exit 3", async () => {
  const outcome = await runCli(["whoami", "--json"], {
    env: { PEAQOS_RPC_URL: env.PEAQOS_RPC_URL!, EVENT_REGISTRY_ADDRESS: "" },
  });
  expect(outcome.code).toBe(3);
  expect(JSON.parse(outcome.stderr).error.details.variables).toEqual([
    "PEAQOS_PRIVATE_KEY",
    "IDENTITY_REGISTRY_ADDRESS",
    "IDENTITY_STAKING_ADDRESS",
    "EVENT_REGISTRY_ADDRESS",
    "MACHINE_NFT_ADDRESS",
    "DID_REGISTRY_ADDRESS",
    "BATCH_PRECOMPILE_ADDRESS",
  ]);
});

test.each([
  ["a bad key", { PEAQOS_PRIVATE_KEY: "0x1234" }, 3, "is not a private key"],
  ["a bad address", { MACHINE_NFT_ADDRESS: "0x12" }, 3, "MACHINE_NFT_ADDRESS is not an address"],
  ["a bad URL", { PEAQOS_RPC_URL: "localhost:8545" }, 3, "PEAQOS_RPC_URL is not a web address"],
  ["a wallet", { PEAQOS_OWS_WALLET: "x" }, 3, "cannot read a wallet vault yet"],
  ["no node", { PEAQOS_RPC_URL: "http://127.0.0.1:9" }, 2, "nothing listens there"],
])("%s", async (_name, change, code, words) => {
  const outcome = await runCli(["whoami"], { env: { ...env, ...change } });
  expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
  expect(outcome.stderr).toContain(words);
});

test("a node that answers nonsense: exit 2, in words", async () => {
  await using rpc = await faultyRpc(stack.chain.url);
  const ask = () => runCli(["whoami"], { env: { ...env, PEAQOS_RPC_URL: rpc.url } });
  rpc.set("eth_chainId", faults.result("banana"));
  expect(await ask()).toMatchObject({ code: 2 });
  rpc.set("eth_chainId", faults.error(-32000, "forbidden"));
  expect((await ask()).code).toBe(2);
  rpc.httpStatus(200, "<html>");
  expect((await ask()).stderr).toContain("does not speak JSON-RPC");
});
