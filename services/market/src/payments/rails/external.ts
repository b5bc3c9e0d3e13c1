import { recordRail } from "./record.ts";

/** Paid in another system (an invoice, a payment page): the proof names it, nobody here can look. */
export const external = recordRail("external");
