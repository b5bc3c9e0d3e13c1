/** How free words of a search are compared with the catalogue's. */

/** `Get_Latest Price` and `get-latest-price` are the same word. */
export function wordOf(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, "-");
}

/** The part of a region that names its continent: `eu` of `eu-west`. */
export function areaOf(region: string): string {
  const dash = region.indexOf("-");
  return dash < 0 ? region : region.slice(0, dash);
}

/**
 * Whether region rules allow a region. A rule is a region or its beginning with `*` (`eu-*`); one with `!` in front
 * forbids. A forbidden region stays forbidden; with no allowing rule every other one is allowed.
 */
export function regionAllowed(rules: readonly string[], region: string): boolean {
  const name = wordOf(region);
  let allowing = false;
  let allowed = false;
  for (const rule of rules) {
    const forbids = rule.trim().startsWith("!");
    const pattern = wordOf(rule.trim().slice(forbids ? 1 : 0));
    const fits = pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    if (forbids && fits) return false;
    if (!forbids) {
      allowing = true;
      allowed ||= fits;
    }
  }
  return allowed || !allowing;
}
