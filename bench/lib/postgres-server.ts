import { startPostgres } from "@peaqos/devnet/postgres";

/**
 * A durable PostgreSQL in a process of its own, so that it can have a core of its own. Argument: the data directory,
 * which a later call goes on with. Ends when its standard input closes.
 */
const [dataDir] = process.argv.slice(2);
const postgres = await startPostgres({
  dataDir: dataDir!,
  durable: true,
  // As docs/self-hosting.md says for production: the devnet's own sizes would begin a checkpoint every few seconds.
  settings: { shared_buffers: "256MB", max_wal_size: "8GB" },
});
console.log(JSON.stringify({ url: postgres.url, postmaster: postgres.pid }));
process.stdin.resume().on("end", async () => {
  await postgres.stop();
  process.exit(0);
});
