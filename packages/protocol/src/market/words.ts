import { z } from "zod";

/**
 * The market's words: every enumerated value on the wire, published names to the letter. Clients pass unknown values
 * through, so a list may grow; it must not lose a word.
 */

export const machineStatuses = ["draft", "active", "degraded", "blocked", "archived"] as const;
export const machineStatusSchema = z.enum(machineStatuses);

export const proofMethodSchema = z.enum(["eip191"]);
export const resolutionSourceSchema = z.enum(["peaqos-mcr"]);

export const pairingStatuses = ["active", "paused", "revoked"] as const;
export const pairingStatusSchema = z.enum(pairingStatuses);

export const machineAgentStatusSchema = z.enum(["provisioned", "active", "revoked"]);

export const endpointSourceSchema = z.enum(["manual", "agent"]);
export const endpointStatusSchema = z.enum(["active", "degraded", "unreachable"]);
export const endpointAuthTypeSchema = z.enum(["none", "api-key", "bearer"]);
export const networkScopeSchema = z.enum(["loopback", "lan", "vpn", "public"]);

export const executionModeSchema = z.enum(["native", "external-handoff"]);
export type ExecutionMode = z.infer<typeof executionModeSchema>;

export const integrationStatusSchema = z.enum([
  "native",
  "credentials-required",
  "partner-required",
  "local-config-required",
  "setup-required",
  "docs-only",
]);

export const serviceTypes = [
  "oracle.price-feed",
  "compute.marketplace",
  "storage.object",
  "data.location",
  "network.partner-console",
  "identity.proof-of-person",
  "device.control",
  "machine.commerce",
] as const;
export const serviceTypeSchema = z.enum(serviceTypes);
export type ServiceType = z.infer<typeof serviceTypeSchema>;

/** Short words a search may use for a service type. The words are published, what they stand for is ours. */
export const serviceTypeAliases = {
  storage: "storage.object",
  compute: "compute.marketplace",
  identity: "identity.proof-of-person",
  location: "data.location",
  rtk: "data.location",
  gnss: "data.location",
  defi: "oracle.price-feed",
  commerce: "machine.commerce",
} as const satisfies Record<string, ServiceType>;

export const skillDirectionSchema = z.enum(["machine-offers", "machine-consumes"]);
export type SkillDirection = z.infer<typeof skillDirectionSchema>;
export const skillScopeSchema = z.enum(["core-product", "bootstrap-reference", "ecosystem"]);
export type SkillScope = z.infer<typeof skillScopeSchema>;
export const skillSourceSchema = z.enum(["peaq", "partner", "clawhub", "external-marketplace"]);
export type SkillSource = z.infer<typeof skillSourceSchema>;
export const skillKindSchema = z.enum(["runtime", "reference"]);
export const skillAuthTypeSchema = z.enum(["none", "api-key", "bearer", "wallet", "local"]);
export const skillAuthStateSchema = z.enum([
  "unconfigured",
  "configured",
  "expired",
  "invalid",
  "restricted",
]);
export const accessModeSchema = z.enum([
  "public",
  "credentialed",
  "partner-approved",
  "whitelisted",
  "local",
]);
export const distributionSchema = z.enum(["peaq-native", "clawhub", "openapi", "mcp", "docs-only"]);
export const maturitySchema = z.enum(["reference", "beta", "production"]);

export const pricingModeSchema = z.enum(["provider-defined", "fixed", "quote-required"]);
export const searchStatusSchema = z.enum(["completed", "no_match"]);

export const orderStatuses = [
  "created",
  "payment_pending",
  "ready",
  "executing",
  "delivered",
  "confirmed",
  "disputed",
  "cancelled",
  "failed",
  "handoff",
] as const;
export const orderStatusSchema = z.enum(orderStatuses);
export type MarketOrderStatus = z.infer<typeof orderStatusSchema>;

/** Status of a run or an outcome in an execution answer. */
export const executionStatusSchema = z.enum(["completed", "failed", "external"]);
/** A stored run may also still be under way. Ours. */
export const runStatusSchema = z.enum(["running", "completed", "failed", "external"]);

export const disputeStatuses = ["open", "resolved"] as const;
export const disputeStatusSchema = z.enum(disputeStatuses);

export const paymentStatuses = [
  "not_required",
  "intent_created",
  "held",
  "release_pending",
  "released",
  "frozen",
  "refunded",
] as const;
export const paymentStatusSchema = z.enum(paymentStatuses);
export type MarketPaymentStatus = z.infer<typeof paymentStatusSchema>;

export const paymentRailTypes = [
  "not-required",
  "wallet",
  "mpp",
  "x402",
  "vault-stripe",
  "escrow",
  "offchain-record",
  "external",
  "onchain-escrow",
  "wdk-usdt-transfer",
] as const;
export const paymentRailTypeSchema = z.enum(paymentRailTypes);
export type MarketPaymentRailType = z.infer<typeof paymentRailTypeSchema>;

export const verificationModeSchema = z.enum(["recorded", "rpc"]);
export const readinessStatusSchema = z.enum(["ready", "not_ready"]);
export const checkStatusSchema = z.enum(["pass", "fail"]);

/** Ours from here: words of the parts that no published client binds. */
export const graphNodeStatusSchema = z.enum(["draft", "active", "blocked", "degraded"]);
export const taskStatusSchema = z.enum([
  "created",
  "discovering",
  "resolved",
  "executing",
  "completed",
  "failed",
  "cancelled",
]);
export const routeStatusSchema = z.enum(["planned", "selected", "used", "failed"]);
export const disputeResolutions = ["release", "refund", "dismiss"] as const;
export const disputeResolutionSchema = z.enum(disputeResolutions);

/**
 * What a platform key may do. `write` holds `read`; `catalogue` replaces the catalogue; `resolver` resolves disputes;
 * `keys` manages platform keys.
 */
export const platformScopes = ["read", "write", "catalogue", "resolver", "keys"] as const;
export const platformScopeSchema = z.enum(platformScopes);
export type PlatformScope = z.infer<typeof platformScopeSchema>;

export const auditResourceTypeSchema = z.enum([
  "machine",
  "agent-pairing",
  "machine-agent",
  "runtime-endpoint",
  "skill",
  "market-service",
  "market-search",
  "market-order",
  "market-payment",
  "dispute",
  "task",
  "run",
  "policy",
  "graph",
  "platform-key",
]);
