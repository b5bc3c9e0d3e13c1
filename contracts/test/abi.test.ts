import {
  batchAbi,
  didAbi,
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineNftAbi,
  revertHints,
} from "@peaqos/abi";
import type { Abi, AbiParameter } from "viem";
import { describe, expect, it } from "vitest";
import { type ArtifactName, loadArtifact } from "../deploy/index.ts";

type Entry = Abi[number];

/** Everything the published ABI fixes about one entry: kind, names, argument order, indexing, mutability. */
function text(entry: Entry): string {
  const inputs = "inputs" in entry ? (entry.inputs as readonly AbiParameter[]).map(parameter).join(", ") : "";
  const outputs = "outputs" in entry ? entry.outputs.map(parameter).join(", ") : "";
  const name = "name" in entry ? entry.name : "";
  const mutability = "stateMutability" in entry ? entry.stateMutability : "";
  return `${entry.type} ${name}(${inputs}) ${mutability} -> (${outputs})`;
}

function parameter(value: AbiParameter & { indexed?: boolean }): string {
  const type =
    "components" in value
      ? value.type.replace("tuple", `(${value.components.map(parameter).join(", ")})`)
      : value.type;
  return [type, value.indexed ? "indexed" : "", value.name ?? ""].filter((word) => word !== "").join(" ");
}

const PUBLISHED: [ArtifactName, Abi][] = [
  ["IdentityRegistry", identityRegistryAbi],
  ["IdentityStaking", identityStakingAbi],
  ["EventRegistry", eventRegistryAbi],
  ["MachineNFT", machineNftAbi],
];

describe.each(PUBLISHED)("%s", (name, published) => {
  it("has every published function, event and error to the letter", () => {
    const compiled = new Set(loadArtifact(name).abi.map(text));
    expect(published.map(text).filter((entry) => !compiled.has(entry))).toEqual([]);
  });

  it("adds only what docs/contracts.md lists", () => {
    const known = new Set(published.map(text));
    const added = loadArtifact(name)
      .abi.filter((entry) => !known.has(text(entry)))
      .map((entry) => `${entry.type} ${"name" in entry ? entry.name : ""}`);
    expect(added).toEqual(ADDITIONS[name]);
  });
});

const ADDITIONS: Partial<Record<ArtifactName, string[]>> = {
  IdentityRegistry: ["function removeOperator", "event DIDPrecompileSet", "event ETHRescued"],
  IdentityStaking: [],
  EventRegistry: ["function pendingRecord", "function recordAddress", "error FailedDeployment"],
  MachineNFT: [],
};

describe("precompile stand-ins", () => {
  // They dispatch by hand, so their ABI has no functions; the selectors they know are compared in Forge's tests.
  it("emit the chain's events", () => {
    const events = (abi: Abi) => abi.filter(({ type }) => type === "event").map(text);
    expect(events(loadArtifact("DIDPrecompile").abi).sort()).toEqual(events(didAbi).sort());
    expect(events(loadArtifact("BatchPrecompile").abi).sort()).toEqual(events(batchAbi).sort());
  });

  it("need no constructor, because their code is set directly", () => {
    for (const name of ["DIDPrecompile", "BatchPrecompile", "BatchExecutor"] as const) {
      expect(loadArtifact(name).abi.some(({ type }) => type === "constructor")).toBe(false);
    }
  });
});

it("every error of a compiled contract has a hint", () => {
  const names: ArtifactName[] = [
    "AdminFlags",
    "EventRegistry",
    "EventRegistryV1",
    "IdentityRegistry",
    "IdentityStaking",
    "MachineNFT",
    "TestUSDC",
    "TestUSDT",
    "WPEAQ",
  ];
  const errors = names.flatMap((name) => loadArtifact(name).abi.filter((entry) => entry.type === "error"));
  expect(errors.map(({ name }) => name).filter((name) => !Object.hasOwn(revertHints, name))).toEqual([]);
});
