import {
  batchAbi,
  didAbi,
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineAccountFactoryAbi,
  machineNftAbi,
  machineNftAdapterAbi,
  machineNftBaseAbi,
  machineSmartAccountAbi,
  revertHints,
} from "@peaqos/abi";
import { type AbiParameter, decodeAbiParameters, toFunctionSelector } from "viem";
import type { Hex } from "../types.ts";

/** A revert in words a program and a person can use. */
export type DecodedRevert = {
  /** Name of the contract's error, of the DID pallet's error, or `TX_REVERTED` when there is no name. */
  readonly code: string;
  /** What happened. */
  readonly meaning: string;
  /** What to do next. */
  readonly hint: string | undefined;
  /** Arguments of the contract's error. */
  readonly args: readonly unknown[];
  /** The revert data, when the node passed it on. */
  readonly data: Hex | undefined;
};

type ErrorItem = { readonly type: "error"; readonly name: string; readonly inputs: readonly AbiParameter[] };

const abis: readonly (readonly { readonly type: string }[])[] = [
  identityRegistryAbi,
  identityStakingAbi,
  eventRegistryAbi,
  machineNftAbi,
  machineNftAdapterAbi,
  machineNftBaseAbi,
  machineAccountFactoryAbi,
  machineSmartAccountAbi,
  didAbi,
  batchAbi,
];

/** Errors outside those ABIs: of AdminFlags, which is ours, and one the published client lists for the DID precompile. */
const ownErrors: readonly ErrorItem[] = [
  { type: "error", name: "InvalidTrustOverride", inputs: [{ type: "uint256", name: "value" }] },
  { type: "error", name: "EntryNotFound", inputs: [{ type: "address" }, { type: "bytes" }] },
];

let errorTable: Map<string, ErrorItem> | undefined;

/** Selector to error, over every ABI; made at the first revert, so that a program without one pays nothing. */
function errorsBySelector(): Map<string, ErrorItem> {
  if (errorTable === undefined) {
    errorTable = new Map();
    const items = [...abis.flat(), ...ownErrors].filter((item): item is ErrorItem => item.type === "error");
    for (const item of items)
      errorTable.set(
        toFunctionSelector(`${item.name}(${item.inputs.map((input) => input.type).join(",")})`),
        item,
      );
  }
  return errorTable;
}

/** Every custom error this SDK knows by selector. */
export function knownErrorSelectors(): Record<string, string> {
  return Object.fromEntries([...errorsBySelector()].map(([selector, item]) => [selector, item.name]));
}

/** Errors of the DID pallet: the chain prints the name inside a text. */
const palletErrors: Record<string, { meaning: string; hint: string }> = {
  AttributeNameExceedMax64: {
    meaning: "the attribute's name is longer than 64 bytes",
    hint: "Use a shorter name.",
  },
  AttributeAlreadyExist: {
    meaning: "the DID already has an attribute of this name",
    hint: "Update it instead of adding it; the writers do so in their default mode.",
  },
  AttributeCreationFailed: { meaning: "the attribute could not be created", hint: "Try again." },
  AttributeUpdateFailed: { meaning: "the attribute could not be updated", hint: "Try again." },
  AttributeNotFound: {
    meaning: "the DID has no attribute of this name",
    hint: "Check the name, or write the attribute first.",
  },
  AttributeAuthorizationFailed: {
    meaning: "this account may not change the DID's attributes",
    hint: "Sign with the key of the DID's own account.",
  },
  MaxBlockNumberExceeded: {
    meaning: "the attribute's validity goes beyond the last block number",
    hint: "Use 0 for no expiry.",
  },
};

/** Texts of the precompiles, with the code they stand for. */
const knownTexts: readonly (readonly [RegExp, string, string])[] = [
  [/cannot find the item/i, "AttributeNotFound", "Check the attribute's name and the DID's address."],
  [/name too long/i, "AttributeNameExceedMax64", "An attribute's name has at most 64 bytes."],
  [/value too long/i, "AttributeValueTooLong", "An attribute's value has at most 2560 bytes."],
  [/out of gas|outofgas/i, "OUT_OF_GAS", "Raise gasMultiplier in the client's options."],
];

const panicReasons: Record<string, string> = {
  "1": "an assertion failed",
  "17": "an arithmetic overflow",
  "18": "a division by zero",
  "33": "a value outside its enum",
  "34": "broken storage encoding",
  "49": "a pop from an empty array",
  "50": "an index outside the array",
  "65": "too much memory",
  "81": "a call to an uninitialised function",
};

/**
 * Reads a revert out of whatever a node or library hands over: an error object with `data` as text or object
 * (geth, Anvil, Hardhat, Parity and Frontier styles), a message with hex or names in it, or the bytes themselves.
 * The one place where reverts are decoded; every ABI of `@peaqos/abi` is known.
 *
 * @returns the revert, or null when `error` shows none (a transport failure, for example).
 * @example
 * ```ts
 * import { decodeRevert } from "@peaqos/peaq-os-sdk/errors";
 * decodeRevert({ code: 3, message: "execution reverted", data: "0xc2322582" })?.code; // "MachineNotBonded"
 * ```
 */
export function decodeRevert(error: unknown): DecodedRevert | null {
  const { data, text } = collect(error);
  if (data !== undefined) {
    const decoded = decodeData(data);
    if (decoded !== null) return decoded;
  }
  const named = decodeText(text);
  if (named !== null) return { ...named, data };
  if (data !== undefined || /revert|invalid opcode|out of ?gas/i.test(text)) return unnamed(text, data);
  return null;
}

/** Everything that can hold revert data or words, from the outermost error to the innermost cause. */
function collect(error: unknown): { data: Hex | undefined; text: string } {
  const texts: string[] = [];
  let data: Hex | undefined;
  const seen = new Set<unknown>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === "string") {
      if (key === "data" || key === "output" || key === "return" || key === "result" || key === "raw") {
        const hex = /0x(?:[0-9a-fA-F]{2})*/.exec(value)?.[0] as Hex | undefined;
        if (hex !== undefined && (hex.length >= 10 || data === undefined)) data ??= hex;
        if (hex === undefined) texts.push(value);
      } else texts.push(value);
      return;
    }
    if (value instanceof Uint8Array) {
      data ??= `0x${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
      return;
    }
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const record = value as Record<string, unknown>;
    for (const name of ["data", "output", "return", "result", "raw"]) visit(record[name], name);
    for (const name of ["details", "shortMessage", "message", "reason"]) visit(record[name], name);
    for (const name of ["error", "originalError", "cause"]) visit(record[name], name);
    // Hardhat and old Ganache put the answer under the transaction's hash.
    if (key === "data")
      for (const [name, inner] of Object.entries(record)) if (name.startsWith("0x")) visit(inner, name);
  };
  visit(error, "");
  const text = texts.join("\n");
  if (data === undefined || data === "0x") {
    const inText = text.match(/0x[0-9a-fA-F]{8,}/g)?.find((hex) => looksLikeRevertData(hex as Hex));
    if (inText !== undefined) data = inText as Hex;
  }
  return { data, text };
}

/** Hex in a message is revert data when its first four bytes are an error we know. */
function looksLikeRevertData(hex: Hex): boolean {
  const selector = hex.slice(0, 10).toLowerCase();
  return selector === "0x08c379a0" || selector === "0x4e487b71" || errorsBySelector().has(selector);
}

function decodeData(data: Hex): DecodedRevert | null {
  const selector = data.slice(0, 10).toLowerCase();
  const body: Hex = `0x${data.slice(10)}`;
  if (selector === "0x08c379a0") {
    const reason = tryDecode([{ type: "string" }], body)?.[0];
    if (typeof reason !== "string") return null;
    return { ...(decodeText(reason) ?? unnamed(reason, data)), data };
  }
  if (selector === "0x4e487b71") {
    const code = tryDecode([{ type: "uint256" }], body)?.[0];
    return {
      code: "TX_REVERTED",
      meaning: `the contract panicked: ${panicReasons[String(code)] ?? "unknown reason"} (${String(code)})`,
      hint: undefined,
      args: code === undefined ? [] : [code],
      data,
    };
  }
  const item = errorsBySelector().get(selector);
  if (item === undefined) return null;
  return { ...named(item.name), args: tryDecode(item.inputs, body) ?? [], data };
}

function tryDecode(types: readonly AbiParameter[], body: Hex): readonly unknown[] | undefined {
  try {
    return decodeAbiParameters(types, body) as readonly unknown[];
  } catch {
    return undefined;
  }
}

function named(name: string): Omit<DecodedRevert, "args" | "data"> {
  const known =
    (revertHints as Record<string, { meaning: string; hint: string }>)[name] ?? palletErrors[name];
  return { code: name, meaning: known?.meaning ?? `the contract refused with ${name}`, hint: known?.hint };
}

/** A known name as a whole word, or one of the precompiles' texts. */
function decodeText(text: string): DecodedRevert | null {
  for (const word of text.match(/[A-Z][A-Za-z0-9]{5,}/g) ?? []) {
    const known = word in revertHints || word in palletErrors;
    if (known) {
      const base = named(word);
      return { ...base, args: [], data: undefined };
    }
  }
  for (const [pattern, code, hint] of knownTexts) {
    const found = pattern.exec(text);
    if (found !== null) return { code, meaning: found[0], hint, args: [], data: undefined };
  }
  return null;
}

function unnamed(text: string, data: Hex | undefined): DecodedRevert {
  const reason = /(?:execution reverted|revert(?:ed)?(?: with reason string)?):?\s*['"]?([^'"\n]*)/i.exec(
    text,
  )?.[1];
  const words = (reason ?? text).trim();
  const selector = data === undefined || data.length < 10 ? undefined : data.slice(0, 10);
  if (words !== "" && !/^0x[0-9a-f]*$/i.test(words) && words.length <= 300)
    return { code: "TX_REVERTED", meaning: words, hint: undefined, args: [], data };
  return {
    code: "TX_REVERTED",
    meaning:
      selector === undefined
        ? "the contract refused without a reason"
        : `the contract refused with the unknown error ${selector}`,
    hint:
      selector === undefined
        ? "A call without a reason often means that the contract has another version or does not exist there."
        : undefined,
    args: [],
    data,
  };
}
