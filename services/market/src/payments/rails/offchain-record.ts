import { recordRail } from "./record.ts";

/** Settled between the parties in their own books; the proof is a statement for both to read. */
export const offchainRecord = recordRail("offchain-record");
