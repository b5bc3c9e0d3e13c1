import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const did = "did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D";
const operatorDid = "did:peaq:0x00000000000000000000000000000000000000aa";
const hash = `0x${"ab".repeat(32)}`;
const counts = { self: 1, onchain: 0, hardware: 0 };

/** One answer of each endpoint, as a rating service gives it. `big` is a raw integer beyond 2^53. */
export const answers: Record<string, (query: URLSearchParams) => string> = {
  [`/mcr/${did}`]: () =>
    JSON.stringify({
      did,
      machine_id: 42,
      mcr_score: 82,
      mcr: "A",
      mcr_degraded: false,
      bond_status: "bonded",
      negative_flag: false,
      event_count: 120,
      revenue_event_count: 80,
      activity_event_count: 40,
      revenue_trend: "up",
      total_revenue: 1542075,
      average_revenue_per_event: 12851,
      last_updated: 1735000000,
    }),
  [`/machine/${did}`]: () =>
    JSON.stringify({
      schema_version: "1.0",
      name: "Machine #7",
      image: "https://example.com/7.png",
      peaqos: {
        machine_id: 42,
        did,
        operator: null,
        mcr: "A",
        mcr_score: 82,
        bond_status: "bonded",
        negative_flag: false,
        event_count: 2,
        data_visibility: "onchain",
        documentation_url: null,
        event_data: [
          {
            event_type: 0,
            origin_value: "BIG",
            timestamp: 1735000000,
            trust_level: 0,
            metadata: { some_key: 1 },
            origin_currency: "USD",
            usd_value: 1250,
            origin_subunit: 100,
            usd_subunit: 100,
            amount_status: "ok",
          },
          { event_type: 1, origin_value: 3, timestamp: 1735000001, trust_level: 0, metadata: {} },
        ],
      },
    }).replace('"BIG"', (2n ** 256n - 1n).toString()),
  [`/operator/${operatorDid}/machines`]: (query) => {
    const offset = Number(query.get("offset") ?? 0);
    const limit = Number(query.get("limit") ?? 2);
    const all = [1, 2, 3, 4, 5].map((machine_id) => ({
      did,
      machine_id,
      mcr_score: null,
      mcr: "Provisioned",
      negative_flag: false,
    }));
    return JSON.stringify({
      operator_did: operatorDid,
      machines: all.slice(offset, offset + limit),
      pagination: { offset, limit, total: all.length },
    });
  },
  [`/mcr/${did}/explain`]: () =>
    JSON.stringify({
      did,
      machine_id: 42,
      model: "mcr-1",
      trust_policy: "verified",
      as_of: 1735000000,
      basis: "known",
      block_number: 9,
      mcr: "A",
      mcr_score: 82,
      raw_score: 82,
      status: "rated",
      gates: [{ id: "bonded", passed: true, value: 1, needed: 1 }],
      factors: [
        { id: "cadence", points: 18, max: 20, inputs: { active_days: 18 }, reason: "18 active days." },
      ],
      adjustments: [],
      improvements: [{ id: "more_days", action: "work", points_gain: 2, reaches: "A" }],
      evidence: { claimed: counts, effective: counts, paid: 0, downgraded: [] },
      degraded: { count: 0, sources: [] },
    }),
  [`/mcr/${did}/history`]: () =>
    JSON.stringify({
      did,
      machine_id: 42,
      basis: "known",
      trust_policy: "verified",
      items: [
        {
          as_of: 1735000000,
          model: "mcr-1",
          mcr: "A",
          mcr_score: 82,
          raw_score: 82,
          factors: { revenue_level: 30, revenue_trend: 6, cadence: 18, trust: 20, history: 8 },
        },
      ],
    }),
  [`/mcr/${did}/inputs`]: (query) =>
    JSON.stringify({
      machine: { machine_id: 42, bonded_at: 1734000000, flags: [], overrides: [] },
      items: [
        {
          index: query.has("cursor") ? 1 : 0,
          block_number: 5,
          recorded_at: 1735000000,
          tx_hash: hash,
          event_type: 0,
          timestamp: 1735000000,
          value: 1250,
          currency: "USD",
          usd: 1250,
          usd_source: "identity",
          scoring_usd: 1250,
          trust_claimed: 0,
          trust_effective: 0,
          trust_reason: null,
          paid: false,
          source_chain_id: 0,
          source_tx_hash: hash,
          data_hash: hash,
        },
      ],
      ...(query.has("cursor") ? {} : { next_cursor: "next" }),
    }),
};

/** A rating service with canned answers, for tests of the client's side. */
export async function ratingStub() {
  const requests: { url: string; userAgent: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", userAgent: request.headers["user-agent"] });
    const url = new URL(request.url ?? "", "http://stub");
    const answer = answers[url.pathname];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(answer === undefined ? '{"detail":"Machine not registered"}' : answer(url.searchParams));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    ratedDid: did,
    operatorDid,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
