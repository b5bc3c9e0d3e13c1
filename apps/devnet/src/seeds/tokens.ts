import { adminFlagsAbi, identityRegistryAbi, testUsdcAbi } from "@peaqos/abi";
import { type Address, encodeFunctionData } from "viem";
import type { SeedChain } from "./chain.ts";
import type { Call, Signed, Signer } from "./signer.ts";

/** Base units of one cent of a token with 6 decimals. */
const CENT = 10_000n;

/** What the payer and the operator may spend on the histories, far more than they do. */
const STOCK_CENTS = 100_000_000n;

/** A transfer of test USDC. */
export function payment(on: SeedChain, to: Address, cents: number): Call {
  return {
    to: on.deployment.usdc,
    data: encodeFunctionData({
      abi: testUsdcAbi,
      functionName: "transfer",
      args: [to, BigInt(cents) * CENT],
    }),
    gas: 90_000n,
  };
}

export function mintTestTokens(on: SeedChain): Promise<Signed[]> {
  const { admin, payer, operator } = on.roles;
  return Promise.all(
    [payer, operator].map(({ address }) =>
      admin.send({
        to: on.deployment.usdc,
        data: encodeFunctionData({
          abi: testUsdcAbi,
          functionName: "mint",
          args: [address, STOCK_CENTS * CENT],
        }),
        gas: 150_000n,
      }),
    ),
  );
}

export function setMinBond(on: SeedChain, admin: Signer, wei: bigint): Promise<Signed> {
  return admin.send({
    to: on.deployment.identityRegistry,
    data: encodeFunctionData({ abi: identityRegistryAbi, functionName: "setMinBond", args: [wei] }),
    gas: 100_000n,
  });
}

export function flag(on: SeedChain, machineId: bigint): Promise<Signed> {
  return adminFlags(
    on,
    encodeFunctionData({ abi: adminFlagsAbi, functionName: "flagMachine", args: [machineId] }),
  );
}

export function override(on: SeedChain, machineId: bigint, points: number): Promise<Signed> {
  const args = [machineId, BigInt(points)] as const;
  return adminFlags(on, encodeFunctionData({ abi: adminFlagsAbi, functionName: "setTrustOverride", args }));
}

function adminFlags(on: SeedChain, data: `0x${string}`): Promise<Signed> {
  return on.roles.admin.send({ to: on.deployment.adminFlags, data, gas: 120_000n });
}
