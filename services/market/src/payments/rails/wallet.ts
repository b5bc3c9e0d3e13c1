import { evmTransferRail } from "./evm-transfer.ts";

/** A token transfer from any wallet. Once it is found on the chain the payment reads `wdk-usdt-transfer`. */
export const wallet = evmTransferRail("wallet");
