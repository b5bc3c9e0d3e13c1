import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityRegistryAbi } from "@peaqos/abi";
import { type Address, type Hex, parseAbi, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deploy } from "../deploy/cli.ts";
import { type CliOptions, readOptions } from "../deploy/options.ts";
import { checkWiring, WiringError } from "../deploy/wiring.ts";
import { type Anvil, startAnvil } from "./anvil.ts";

let anvil: Anvil;
let folder: string;
let keyFile: string;
let key: Hex;
let deployer: Address;

beforeAll(async () => {
  anvil = await startAnvil();
  folder = mkdtempSync(join(tmpdir(), "peaqos-deploy-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await anvil.stop();
});
beforeEach(async () => {
  key = generatePrivateKey();
  deployer = privateKeyToAccount(key).address;
  keyFile = join(folder, "key");
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  chmodSync(keyFile, 0o600);
  await anvil.rpcAdmin("anvil_setBalance", [deployer, `0x${parseEther("10").toString(16)}`]);
});

const args = (...more: string[]) => [
  "--rpc-url",
  anvil.url,
  "--key-file",
  keyFile,
  "--deploy-wpeaq",
  ...more,
];
const options = (...more: string[]): CliOptions => readOptions(args(...more))!;

async function run(...more: string[]) {
  const lines: string[] = [];
  const contracts = await deploy(options(...more), (line) => lines.push(line));
  return { contracts, output: lines.join("\n") };
}

describe("deploying from the command line", () => {
  it("shows the plan and sends nothing without --send", async () => {
    const { contracts, output } = await run();
    expect(output).toContain("Dry run: nothing was sent");
    expect(output).toContain(`IDENTITY_REGISTRY_ADDRESS=${contracts.identityRegistry}`);
    expect(output).not.toContain(key.slice(2));
    expect(await anvil.publicClient.getTransactionCount({ address: deployer })).toBe(0);
  });

  it("deploys what it announced and hands everything to the owner", async () => {
    const owner = privateKeyToAccount(generatePrivateKey()).address;
    const planned = await run("--owner", owner);
    const { contracts, output } = await run("--owner", owner, "--send", "--chain-id", "31337");
    expect(contracts).toEqual(planned.contracts);
    expect(output).toContain("AdminFlags.transferOwnership");
    expect(output).toContain("read back: every step took effect");
    for (const address of [
      contracts.identityRegistry,
      contracts.identityStaking,
      contracts.eventRegistry,
      contracts.machineNft,
      contracts.adminFlags,
    ]) {
      const actual = await anvil.publicClient.readContract({
        address,
        abi: identityRegistryAbi,
        functionName: "owner",
      });
      expect(actual).toBe(owner);
    }
  });

  // Guarantees that addresses are handed out only for contracts that are connected to each other as planned.
  it("names every step that did not take effect", async () => {
    const { contracts } = await run("--send");
    const { publicClient } = anvil;
    const wiring = { publicClient, contracts, did: options().did, owner: deployer };
    await checkWiring(wiring);

    const other = privateKeyToAccount(generatePrivateKey()).address;
    const account = privateKeyToAccount(key);
    const write = async (
      address: Address,
      functionName: "setWPEAQ" | "setIdentityStaking" | "revoke",
      to: Address,
    ) => {
      const abi = parseAbi([
        "function setWPEAQ(address)",
        "function setIdentityStaking(address)",
        "function revoke(address)",
      ]);
      const hash = await anvil
        .walletClient(account)
        .writeContract({ address, abi, functionName, args: [to] });
      await publicClient.waitForTransactionReceipt({ hash });
    };
    await write(contracts.identityRegistry, "setWPEAQ", other);
    await write(contracts.identityRegistry, "setIdentityStaking", other);
    await write(contracts.machineNft, "setIdentityStaking", other);
    await write(contracts.identityStaking, "revoke", contracts.identityRegistry);
    const error: WiringError = await checkWiring(wiring).catch((cause) => cause);
    expect(error).toBeInstanceOf(WiringError);
    expect(error.wrong.map((line) => line.split(/[:(]/)[0])).toEqual([
      "IdentityStaking.authorize",
      "IdentityRegistry.setIdentityStaking",
      "IdentityRegistry.setWPEAQ",
      "MachineNFT.setIdentityStaking",
    ]);
    expect(error.message).toContain(`planned ${contracts.wpeaq}, found ${other.toLowerCase()}`);
    // The owner is another one, and a contract that is not there can say nothing.
    await expect(checkWiring({ ...wiring, owner: other })).rejects.toThrow(
      `EventRegistry.transferOwnership: planned ${other}, found ${deployer}`,
    );
    await expect(checkWiring({ ...wiring, contracts: { ...contracts, adminFlags: other } })).rejects.toThrow(
      /AdminFlags\.transferOwnership: planned .* cannot be read/,
    );
  });

  it("continues a deployment that broke off", async () => {
    const { contracts } = await run();
    // Enough for a few steps only.
    await anvil.rpcAdmin("anvil_setBalance", [deployer, `0x${parseEther("0.009").toString(16)}`]);
    await expect(run("--send")).rejects.toThrow(/was not sent: the account holds .* --nonce 0 to continue/s);
    const sent = await anvil.publicClient.getTransactionCount({ address: deployer });
    expect(sent).toBeGreaterThan(0);
    await anvil.rpcAdmin("anvil_setBalance", [deployer, `0x${parseEther("10").toString(16)}`]);
    const continued = await run("--send", "--nonce", "0");
    expect(continued.contracts).toEqual(contracts);
    expect(continued.output).toContain("deploy WPEAQ: done before");
  });

  it("notices that the account sent something else meanwhile", async () => {
    const wallet = anvil.walletClient(privateKeyToAccount(key));
    const hash = await wallet.sendTransaction({ to: deployer });
    await anvil.publicClient.waitForTransactionReceipt({ hash });
    await expect(run("--send", "--nonce", "0")).rejects.toThrow("there is no contract at");
  });

  it("uses an existing wrapped token", async () => {
    const token = "0x0000000000000000000000000000000000000809";
    const base = ["--rpc-url", anvil.url, "--key-file", keyFile];
    const lines: string[] = [];
    const contracts = await deploy(readOptions([...base, "--wpeaq", token])!, (line) => lines.push(line));
    expect(contracts.wpeaq).toBe(token);
    expect(lines.join("\n")).not.toContain("deploy WPEAQ");
  });

  it("refuses the wrong chain", async () => {
    await expect(run("--chain-id", "3338")).rejects.toThrow("is chain 31337, --chain-id says 3338");
  });
});

describe("options", () => {
  it("say what is wrong", () => {
    expect(readOptions(["--help"])).toBeUndefined();
    expect(() => readOptions([])).toThrow("--rpc-url is missing");
    expect(() => readOptions(["--rpc-url", "http://x"])).toThrow("--key-file is missing");
    expect(() => options("--wpeaq", deployer)).toThrow("choose one of");
    expect(() => options("--owner", "0x12")).toThrow("--owner 0x12 is not an address");
    expect(() => options("--nonce", "-1")).toThrow();
    expect(() => options("--chain-id", "peaq")).toThrow("--chain-id peaq is not a whole number");
    expect(() => options("--gas-percent", "50")).toThrow("below 100");
  });

  it.skipIf(process.platform === "win32")("refuse a key file that others can read", () => {
    chmodSync(keyFile, 0o644);
    expect(() => options()).toThrow(`chmod 600 ${keyFile}`);
  });

  it("never repeat a bad key", () => {
    writeFileSync(keyFile, key.slice(0, 40));
    expect(() => options()).toThrow("does not hold a private key");
    expect(() => options()).not.toThrow(key.slice(2, 40));
  });
});
