import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
// By path: vitest loads this file without the export condition that makes workspaces resolve to their source.
import type { Postgres } from "../../../apps/devnet/src/postgres/index.ts";
import { startPostgres } from "../../../apps/devnet/src/postgres/index.ts";
import { DOOR } from "./door.ts";

/**
 * vitest's globalSetup: opens the door at which `testDatabase` asks for the run's PostgreSQL, and ends the server after
 * the last test. A run that needs no database starts none.
 */
export async function setup(): Promise<() => Promise<void>> {
  let postgres: Promise<Postgres> | undefined;
  const door = createServer((socket) => {
    socket.on("error", () => {});
    postgres ??= startPostgres({ settings: { max_connections: "200" } });
    postgres.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  process.env[DOOR] = String((door.address() as AddressInfo).port);
  return async () => {
    door.close();
    await (await postgres?.catch(() => undefined))?.stop();
  };
}
