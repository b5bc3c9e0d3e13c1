/** Tables of this domain. */
export const pairingsSchema = "";
