/** Tables of this domain. */
export const tasksSchema = "";
