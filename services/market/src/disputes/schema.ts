/** Tables of this domain. */
export const disputesSchema = "";
