/** Tables of this domain. */
export const graphSchema = "";
