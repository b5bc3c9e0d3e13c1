/**
 * Two copies of this package can meet in one program (a bundle and its dependency). `instanceof` then says no for
 * an error of the other copy, so every class also leaves its name under one shared symbol, and `instanceof` reads
 * that.
 */
const brandKey = Symbol.for("@peaqos/peaq-os-sdk/error");

type Branded = { readonly [brandKey]?: unknown };

/** Marks `error` as an instance of the class called `name` (and of the classes it already is). */
export function addBrand(error: object, name: string): void {
  const known = (error as Branded)[brandKey];
  const names = Array.isArray(known) ? known : [];
  Object.defineProperty(error, brandKey, { value: [...names, name], configurable: true });
}

/** True when `value` was made by a class called `name`, in this copy of the package or another. */
export function hasBrand(value: unknown, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  const names = (value as Branded)[brandKey];
  return Array.isArray(names) && names.includes(name);
}
