import type { Market } from "../kit/market.ts";
import type { OrderRow } from "../orders/store.ts";
import type { Skills } from "../skills/skills.ts";

/**
 * The buyer's credentials for a provider: those that came with the order, else those of the tenant's skill. Sealed at
 * rest, opened only to call that provider, gone when nothing can be called for the order any more.
 */

export type Credentials = Readonly<Record<string, string>>;
/** Provider key to names to secrets, as an order's body has it. */
type ProviderCredentials = Readonly<Record<string, Credentials>>;

/** As placing seals them. */
const subjectOf = (orderId: string) => `order:${orderId}`;

/** For one provider; its key counts in any case of letters. */
export async function credentialsFor(
  { sealing }: Pick<Market, "sealing">,
  skills: Pick<Skills, "configOf">,
  order: Pick<OrderRow, "id" | "credentials"> | null,
  service: { readonly tenantId: string; readonly skillKey: string; readonly providerKey: string },
): Promise<Credentials> {
  const sealed = order?.credentials ?? null;
  const config = await skills.configOf(service.tenantId, service.skillKey);
  const own = config?.credentials ?? {};
  if (order === null || sealed === null) return own;
  const given = JSON.parse(sealing.open(subjectOf(order.id), sealed)) as ProviderCredentials;
  const key = Object.keys(given).find((each) => each.toLowerCase() === service.providerKey.toLowerCase());
  return key === undefined ? own : { ...own, ...given[key] };
}
