/** Tables of this domain. */
export const policiesSchema = "";
