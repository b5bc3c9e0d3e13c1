/**
 * What was found out before a transaction, good or bad, to be told inside it: a repeated request is answered from its
 * stored answer first, whatever has changed since.
 *
 * @example
 * const machine = await attempt(() => machines.confirmed(id, tenantId));
 * return market.write(request, async (tx) => use(machine()));
 */
export async function attempt<T>(work: () => Promise<T>): Promise<() => T> {
  try {
    const value = await work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
