/** An outcome as the test compares it. */
export type Outcome = { value: unknown } | { error: Record<string, unknown> };

/** Recorded functions that a JavaScript client has no use for. docs/decisions/orchestration-vectors.md says why. */
export const withoutCounterpart: Record<string, true> = { stripNones: true };

const base = "http://127.0.0.1:8080/api/v1";
const platform = { "content-type": "application/json", "x-api-key": "test-api-key" };
const pairing = { "content-type": "application/json", "x-agent-pairing-token": "pt_1" };
const write = (method: string, path: string, headers: object, body: object): Outcome => ({
  value: { request: { method, url: `${base}${path}`, headers, timeoutMs: 60_000, body } },
});

/** What our client does where it differs from the recorded one on purpose. The same page says why. */
export const orchestrationDifferences: Record<string, Outcome> = {
  // Free-form maps keep the keys the caller wrote.
  "wire/create-machine": write("POST", "/machines", platform, {
    displayName: "Bot",
    ownerId: "owner-1",
    machineType: "robot",
    runtimeProfile: "ros2",
    identityRef: "did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
    identityProof: { challengeId: "ch_1", signature: "0xsig" },
    capabilities: ["move", "scan"],
    labels: { rack_no: "7", siteName: "B" },
  }),
  "wire/skill-config": write("PATCH", "/skills/mock.paper/config", platform, {
    enabled: true,
    credentials: { api_key: "k" },
    settings: { max_retries: 3, ratio: 0.5 },
  }),
  "wire/order-create": write("POST", "/market/orders", pairing, {
    machineId: "mach_1",
    agentPairingId: "pair_1",
    serviceId: "svc_1",
    searchId: "s1",
    quoteId: "q1",
    operation: "run",
    input: { target_temp: 21.5, nested: { room_no: null, list: [{ a_b: null }] } },
    budget: { amount: 5, currency: "USDT" },
  }),
  "wire/dispute": write("POST", "/market/orders/ord_1/dispute", pairing, {
    reason: "late",
    evidence: { photo_url: "x" },
  }),
  // One spelling on the wire, and what is unset is left out.
  "wire/agent-heartbeat": write(
    "POST",
    "/machine-agents/heartbeat",
    { "content-type": "application/json" },
    {
      machineId: "mach_1",
      agentId: "agent_1",
      agentToken: "tok",
      endpoints: [{ providerKey: "qvac", endpointBaseUrl: "http://127.0.0.1:9" }],
      leaseTtlSeconds: 60,
    },
  ),
  // An id cannot lead to another path.
  "wire/get-machine-id-not-encoded": {
    value: {
      request: { method: "GET", url: `${base}/machines/a%2Fb%3Fc`, headers: platform, timeoutMs: 30_000 },
    },
  },
  // The server's details as they came.
  "response/409-details": {
    error: {
      type: "OrchestrationApiError",
      code: "POLICY_DENIED",
      statusCode: 409,
      details: { policyId: "p", items: [{ aB: 1 }] },
    },
  },
  // A redirect would carry the key to another address.
  "response/302-treated-as-success": {
    error: { type: "OrchestrationApiError", code: "BAD_RESPONSE", statusCode: 302 },
  },
};
