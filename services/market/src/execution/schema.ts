/** Tables of this domain. */
export const executionSchema = "";
