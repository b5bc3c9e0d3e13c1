/** Tables of this domain. */
export const catalogueSchema = "";
