import { startPostgres } from "@peaqos/devnet/postgres";
import { marketWorld } from "../services/market/test/world.ts";
import { policy } from "./p7-catalogue.ts";

/**
 * A market with a large catalogue on a durable database, the rating service it asks and the chain that one follows;
 * prints where it is and tokens of agents that may search. Arguments: data directory, catalogue file.
 */
const [dataDir, catalogue] = process.argv.slice(2);
const postgres = await startPostgres({ dataDir: dataDir! });
const world = await marketWorld({
  settings: {
    DATABASE_URL: await postgres.createDatabase("market"),
    PEAQOS_CATALOGUE_FILE: catalogue!,
    PEAQOS_MARKET_CHECK_ANSWERS: "false",
    PEAQOS_MARKET_HEALTH_SECONDS: "0",
  },
});
const buyers: { machineId: string; token: string }[] = [];
for (let i = 0; i < 8; i++) {
  const machine = await world.machine(`buyer ${i}`);
  const { token } = await world.agent(machine, { fund: false, policy });
  buyers.push({ machineId: machine.id, token });
}
console.log(
  JSON.stringify({
    api: world.market.api,
    postgresPid: postgres.pid,
    anchorUrl: await postgres.createDatabase("anchor"),
    buyers,
  }),
);
process.stdin.resume().on("end", () => process.exit(0));
