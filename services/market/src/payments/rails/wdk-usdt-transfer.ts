import { evmTransferRail } from "./evm-transfer.ts";

/** A token transfer from a wallet kit. */
export const wdkUsdtTransfer = evmTransferRail("wdk-usdt-transfer");
