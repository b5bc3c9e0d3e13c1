export type { Deployment } from "@peaqos/contracts";
export { contractEnv } from "@peaqos/contracts/env";
export type { DevnetAccount, DevnetAccounts, DevnetRole } from "./accounts.ts";
export { devnetAccounts, devnetKey } from "./accounts.ts";
export { deployTo, viemChain } from "./deployment.ts";
export type { DevnetFile, MachineEntry } from "./files.ts";
export { readDevnetFile } from "./files.ts";
