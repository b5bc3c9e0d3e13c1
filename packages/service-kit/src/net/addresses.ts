import { BlockList, isIP } from "node:net";

/** Address ranges that a machine-supplied URL must not reach: loopback, private, link-local, and special ones. */

const blocked = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  blocked.addSubnet(network, bits, "ipv4");

/** Of IPv6 only global unicast is public; inside it these are not. */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  blocked.addSubnet(network, bits, "ipv6");

/** Which addresses beside the public ones may be asked. */
export type Allowed = "public" | "loopback" | "all";

/** What `PEAQOS_ALLOW_PRIVATE_URLS` says, in these words. */
export const allowedAddresses = { false: "public", loopback: "loopback", true: "all" } as const;

/** The machine itself: 127.0.0.0/8 and ::1. Other spellings (::ffff:127.0.0.1) are not needed and not taken. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a connection to an IP address is allowed. Text that is no IP address never is. */
export function isAllowedAddress(address: string, allowed: Allowed): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (allowed === "all" || isPublicAddress(address)) return true;
  return (
    allowed === "loopback" &&
    !address.toLowerCase().startsWith("::ffff:") &&
    loopback.check(address, family === 4 ? "ipv4" : "ipv6")
  );
}

/** Whether an IP address is reachable by anybody on the internet. Text that is no IP address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blocked.check(address, "ipv4");
  // IPv4 addresses in IPv6 clothes (::ffff:127.0.0.1, 64:ff9b::) lie outside 2000::/3.
  return family === 6 && global6.check(address, "ipv6") && !blocked.check(address, "ipv6");
}
