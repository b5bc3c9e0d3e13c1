import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureAnswer, marketFixtures, marketStub } from "../../../../sdk/test/market-stub.ts";
import { hasTerminal, onTerminal } from "../../test/terminal.ts";

const hash = `0x${"ab".repeat(32)}`;
const token = ["--pairing-token-file", "agent.token"];
const order = [...["scale", "order", "svc_1", "--machine-id", "m_1", "--agent-pairing-id", "p_1", ...token]];

describe.skipIf(!hasTerminal)("on a real terminal", () => {
  let market: Awaited<ReturnType<typeof marketStub>>;
  let cwd: string;
  beforeAll(async () => {
    market = await marketStub();
    cwd = await mkdtemp(join(tmpdir(), "peaqos-scale-tty-"));
    await writeFile(join(cwd, "agent.token"), "the.agents.token", { mode: 0o600 });
  });
  afterAll(async () => {
    await market.stop();
    await rm(cwd, { recursive: true, force: true });
  });
  const talk = (argv: readonly string[], lines: readonly (readonly [string, string])[]) => {
    market.answer(({ method, path }) =>
      path.endsWith("/orders/check")
        ? { status: 200, body: JSON.stringify({ ...marketFixtures.checkMarketOrder, allowed: true }) }
        : fixtureAnswer(method, path),
    );
    return onTerminal(argv, { cwd, env: { PEAQOS_ORCHESTRATION_URL: market.url }, talk: lines });
  };
  const placed = () =>
    market.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/market/orders")).length;

  test("an order: the price, a question, and the hash of a payment made elsewhere, pasted", async () => {
    const { code, text } = await talk(order, [
      ["Order for 0.25 USDC? [y/N]", "y\r"],
      ["Paste the transaction hash:", `${hash}\r`],
    ]);
    expect(code, text).toBe(0);
    expect(text.indexOf("Payee:")).toBeLessThan(text.indexOf("Order for"));
    expect(text).toContain("Order executed.");
    expect(
      JSON.parse(market.requests.find(({ path }) => path.endsWith("/payment-proof"))?.body ?? "{}"),
    ).toMatchObject({
      transactionHash: hash,
    });
  });

  test("no: exit 1, nothing ordered", async () => {
    const { code, text } = await talk(order, [["[y/N]", "n\r"]]);
    expect([code, placed()]).toEqual([1, 0]);
    expect(text).toContain("Stopped at your answer. Nothing was done");
  });

  test("Ctrl-C at the payment: the order's id and the command that goes on", async () => {
    const { code, text } = await talk(order, [
      ["[y/N]", "y\r"],
      ["Paste the transaction hash:", "\u0003"],
    ]);
    expect([code, placed()]).toEqual([1, 1]);
    expect(text.replaceAll(/\s+/g, " ")).toContain(
      "peaqos scale order resume mord_0123456789ab --pairing-token-file agent.token",
    );
  });
});
