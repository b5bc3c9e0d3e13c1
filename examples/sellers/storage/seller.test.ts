import { createHash } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute, temporaryFolder } from "../../seller-template/call.fixture.ts";
import { Objects } from "./objects.ts";
import { createStorageSeller, type StorageConfig } from "./seller.ts";

/** Payments are tested beside index.ts: here the store itself, for nothing. */
async function storage(dataDir: string, more: Partial<StorageConfig> = {}) {
  const nobody = `0x${"11".repeat(20)}` as const;
  const seller = await createStorageSeller({
    port: 0,
    dataDir,
    rpcUrl: "http://127.0.0.1:9",
    token: { chainId: 1, symbol: "USDT", address: nobody, decimals: 6 },
    payee: nobody,
    unpaid: "serve",
    ...more,
  });
  const put = (bytes: Uint8Array, headers = {}) =>
    execute(
      seller.listing(),
      "put-object",
      { contentBase64: Buffer.from(bytes).toString("base64") },
      headers,
    );
  const get = (objectId: string) => execute(seller.listing(), "get-object", { objectId });
  return Object.assign(seller, { put, get, [Symbol.asyncDispose]: () => seller.stop() });
}

const files = (folder: string) =>
  readdirSync(join(folder, "objects"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );

test("keeps bytes under their hash, the same bytes once, also over a restart", async () => {
  using folder = temporaryFolder();
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const objectId = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  {
    await using seller = await storage(folder.path);
    const answers = await Promise.all(Array.from({ length: 10 }, () => seller.put(bytes)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.body).toEqual({ objectId, size: 65_536 });
    expect(files(folder.path)).toHaveLength(2);
  }
  await using seller = await storage(folder.path);
  const { status, body } = await seller.get(objectId);
  expect([status, body.size, Buffer.from(body.contentBase64, "base64").equals(Buffer.from(bytes))]).toEqual([
    200,
    65_536,
    true,
  ]);
});

test("takes objects up to its limit and up to its quota, and says which one was hit", async () => {
  using folder = temporaryFolder();
  await using seller = await storage(folder.path, { quota: 300_000 });
  const largest = new Uint8Array(262_144).fill(1);
  expect((await seller.put(largest)).status).toBe(200);
  expect((await seller.put(largest)).status).toBe(200);
  const full = await seller.put(new Uint8Array(40_000).fill(2));
  expect([full.status, full.body.error.code]).toEqual([507, "quota_exceeded"]);
  const tooLarge = await seller.put(new Uint8Array(262_145).fill(3));
  expect([tooLarge.status, tooLarge.body.error.code]).toEqual([413, "object_too_large"]);
  const huge = await seller.put(new Uint8Array(400_000));
  expect([huge.status, huge.body.error.code]).toEqual([413, "input_too_large"]);
  expect((await seller.put(new Uint8Array(1_000).fill(4))).status).toBe(200);
});

/** Guarantees that nothing a caller says becomes a path. */
test("ids that are no hash and bytes that are no base64 are refused", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "secret"), "secret");
  await using seller = await storage(folder.path);
  for (const objectId of [
    "sha256:../secret",
    "../secret",
    `sha256:${"A".repeat(64)}`,
    "sha256:%2e%2e",
    "",
    `${"a".repeat(64)}`,
  ])
    expect((await seller.get(objectId)).status).toBe(422);
  for (const contentBase64 of ["", "abc", "SGVsbG8", "SGVsb G8=", "AB==", "!!!!", "AAAA\n"])
    expect((await execute(seller.listing(), "put-object", { contentBase64 })).status).toBe(422);
  const unknown = await seller.get(`sha256:${"a".repeat(64)}`);
  expect([unknown.status, unknown.body.error.code]).toEqual([404, "unknown_object"]);
  expect(files(folder.path)).toHaveLength(1);
  const objects = await Objects.open(join(folder.path, "objects"), 1_000);
  await expect(objects.get("../secret")).rejects.toThrow("64 hexadecimal digits");
});

test("a damaged object is told, never given; what a crash left half-written is removed", async () => {
  using folder = temporaryFolder();
  const seller = await storage(folder.path);
  const { objectId } = (await seller.put(new Uint8Array(10).fill(7))).body;
  const hash = objectId.slice(7);
  const path = join(folder.path, "objects", hash.slice(0, 2), hash.slice(2));
  writeFileSync(path, "changed");
  expect((await seller.get(objectId)).body.error.code).toBe("object_damaged");
  expect((await seller.put(new Uint8Array(10).fill(7))).status).toBe(200);
  expect((await seller.get(objectId)).status).toBe(200);
  await seller.stop();
  writeFileSync(`${path}.1.new`, "half");
  const again = await storage(folder.path);
  expect(existsSync(`${path}.1.new`)).toBe(false);
  await again.stop();
});
