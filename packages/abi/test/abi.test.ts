import type { Abi } from "viem";
import { describe, expect, it } from "vitest";
import { PUBLISHED, readPublished } from "../scripts/published.ts";
import * as abi from "../src/index.ts";

/** Entries per contract as the published ABI files count them: functions, events, errors. */
const COUNTS: Record<string, [number, number, number]> = {
  IdentityRegistry: [49, 16, 33],
  IdentityStaking: [19, 8, 18],
  EventRegistry: [23, 8, 24],
  MachineNFT: [30, 12, 27],
  MachineNFTAdapter: [30, 7, 16],
  MachineNFTBase: [44, 11, 23],
  MachineAccountFactory: [5, 1, 4],
  MachineSmartAccount: [11, 4, 13],
  DIDPrecompile: [4, 3, 1],
  "DIDPrecompile.node": [4, 3, 0],
  BatchPrecompile: [3, 2, 0],
};

describe("published signature lists", () => {
  it.each(Object.entries(COUNTS))("%s is complete and every selector is right", (name, counts) => {
    // readPublished recomputes each selector and topic and throws on a difference.
    const list = readPublished(name);
    const count = (type: string) => list.filter((entry) => entry.type === type).length;
    expect([count("function"), count("event"), count("error")]).toEqual(counts);
  });

  it("the exported constants are those lists", () => {
    const exported: Record<string, unknown> = { ...abi };
    for (const [name, constant] of Object.entries(PUBLISHED)) {
      expect(exported[constant], constant).toEqual(readPublished(name));
    }
  });

  it("the DID's events follow the chain: nothing is indexed", () => {
    const inputs = abi.didAbi.flatMap((entry) => (entry.type === "event" ? entry.inputs : []));
    expect(inputs.some((input) => "indexed" in input && input.indexed)).toBe(false);
  });
});

describe("revertHints", () => {
  const abis = Object.entries(abi).filter(([name]) => name.endsWith("Abi")) as [string, Abi][];
  const errors = abis.flatMap(([, entries]) => entries.filter(({ type }) => type === "error"));
  const names = new Set(errors.map((entry) => (entry as { name: string }).name));

  it("explains every error of every ABI", () => {
    expect([...names].filter((name) => !Object.hasOwn(abi.revertHints, name))).toEqual([]);
  });

  it("is written as sentences: a meaning in lower case, a next step that ends in a full stop", () => {
    for (const [name, { meaning, hint }] of Object.entries(abi.revertHints)) {
      expect(meaning, name).toMatch(/^[^A-Z].*[^.]$|^[A-Z][a-z]*NFT|^Machine NFT/);
      expect(hint, name).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("networks", () => {
  it("are data with well-formed addresses and distinct chain ids", () => {
    const presets: abi.NetworkPreset[] = Object.values(abi.networks);
    expect(new Set(presets.map(({ chainId }) => chainId)).size).toBe(presets.length);
    for (const preset of presets) {
      for (const address of Object.values(preset.contracts ?? {})) {
        expect(address).toMatch(/^0x[0-9a-fA-F]{40}$/);
      }
      for (const url of [...preset.rpcUrls, ...preset.explorerUrls])
        expect(new URL(url).protocol).toBe("https:");
    }
  });
});
