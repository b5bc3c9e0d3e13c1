import { join } from "node:path";
import { SellerError } from "../../seller-template/errors.ts";
import { createSeller } from "../../seller-template/seller.ts";
import type { Seller } from "../../seller-template/types.ts";
import type { PaidConfig } from "../config.ts";
import getContract from "./get-object.contract.json" with { type: "json" };
import { Objects } from "./objects.ts";
import putContract from "./put-object.contract.json" with { type: "json" };

export type StorageConfig = PaidConfig & {
  /** Bytes of all objects together. Default 256 MiB. */
  readonly quota?: number;
};

const LARGEST = 262_144;

/** Content-addressed files on disk, 0.10 a call. */
export async function createStorageSeller(config: StorageConfig): Promise<Seller> {
  const objects = await Objects.open(join(config.dataDir, "objects"), config.quota ?? 268_435_456);
  // The listed example of get-object can be executed from the start.
  await objects.put(Buffer.from(putContract.exampleInput.contentBase64, "base64"));
  const service = {
    id: "svc_0b1ec7570001",
    skillKey: "object-storage",
    providerKey: "example-storage",
    providerLabel: "Object Store (example)",
    serviceType: "storage.object",
    name: "Content-addressed object storage",
    description: "Keeps objects of up to 256 KiB under the SHA-256 of their bytes.",
    capabilities: ["storage", "content-addressed"],
    region: "global",
    freshnessSeconds: 0,
  };
  const put = async ({ contentBase64 }: Record<string, unknown>) => {
    const bytes = Buffer.from(String(contentBase64), "base64");
    if (bytes.toString("base64") !== contentBase64)
      throw new SellerError(422, "invalid_input", "contentBase64 is not canonical base64 with padding.");
    if (bytes.length > LARGEST)
      throw new SellerError(
        413,
        "object_too_large",
        `The object has ${bytes.length} bytes, at most ${LARGEST} are taken.`,
      );
    return { objectId: `sha256:${await objects.put(bytes)}`, size: bytes.length };
  };
  const get = async ({ objectId }: Record<string, unknown>) => {
    const bytes = await objects.get(String(objectId).slice("sha256:".length));
    return { objectId, size: bytes.length, contentBase64: bytes.toString("base64") };
  };
  const { token, payee, amount = "0.10" } = config;
  const price = { amount, rail: "wdk-usdt-transfer", token, payee } as const;
  const operations = [
    { contract: putContract, run: put },
    { contract: getContract, run: get },
  ];
  return createSeller({ service, price, operations }, { inputLimit: 400_000, ...config });
}
