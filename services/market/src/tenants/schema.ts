/** Tables of this domain. */
export const tenantsSchema = "";
