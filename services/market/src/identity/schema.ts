/** Tables of this domain. */
export const identitySchema = "";
