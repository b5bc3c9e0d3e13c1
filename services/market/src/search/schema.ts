/** Tables of this domain. */
export const searchSchema = "";
