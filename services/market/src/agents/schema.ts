/** Tables of this domain. */
export const agentsSchema = "";
