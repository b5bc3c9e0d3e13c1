/** Tables of this domain. */
export const skillsSchema = "";
