import fastify from "fastify";

/** The anchor of GET /mcr: Fastify with one route that answers an object of the same fields, and nothing else. */
const app = fastify();
app.get("/mcr/:did", async (request) => ({
  did: (request.params as { did: string }).did,
  machine_id: 42,
  mcr_score: 82,
  mcr: "A",
  mcr_degraded: false,
  bond_status: "bonded",
  negative_flag: false,
  event_count: 150,
  revenue_event_count: 120,
  activity_event_count: 30,
  revenue_trend: "up",
  total_revenue: 1_542_075,
  average_revenue_per_event: 12_851,
  last_updated: 1_745_152_200,
}));
const url = await app.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ url }));
process.stdin.resume().on("end", () => process.exit(0));
