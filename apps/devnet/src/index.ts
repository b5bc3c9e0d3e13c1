export type { DevnetAccount, DevnetAccounts, DevnetRole } from "./accounts.ts";
export { devnetAccounts, devnetKey } from "./accounts.ts";
export type { Deployment } from "./deployment.ts";
export { deployTo, viemChain } from "./deployment.ts";
