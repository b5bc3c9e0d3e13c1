/** Nothing a provider sends back may carry the buyer's credentials, and texts of strangers are short and printable. */

type Secrets = Readonly<Record<string, string>>;

const maxText = 500;
/** A shorter secret would also hit words that are none. */
const minSecret = 4;
const hidden = "[hidden]";
const controls = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

function secretsOf(credentials: Secrets): string[] {
  return Object.values(credentials)
    .filter((secret) => secret.length >= minSecret)
    .sort((a, b) => b.length - a.length);
}

const without = (text: string, secrets: readonly string[]) =>
  secrets.reduce((left, secret) => left.replaceAll(secret, hidden), text);

/** A text for people: no secrets, no control characters, not long. */
export function shown(text: string, credentials: Secrets = {}): string {
  const plain = without(text, secretsOf(credentials)).toWellFormed().replace(controls, " ").trim();
  if (plain.length <= maxText) return plain;
  // Half of a surrogate pair at the end would be no text.
  return `${plain.slice(0, maxText - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The same value with secrets taken out of its texts; the very same object when there are none. */
export function masked(value: unknown, credentials: Secrets): unknown {
  const secrets = secretsOf(credentials);
  return secrets.length === 0 ? value : maskedDeep(value, secrets);
}

function maskedDeep(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return without(value, secrets);
  if (Array.isArray(value)) return value.map((each) => maskedDeep(each, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [without(key, secrets), maskedDeep(inner, secrets)]),
  );
}
