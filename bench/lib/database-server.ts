import { testDatabase } from "@peaqos/testkit";

/** A database server in a process of its own; prints the URLs of as many fresh databases as asked for. */
const databases = await Promise.all(
  Array.from({ length: Number(process.argv[2] ?? 1) }, () => testDatabase()),
);
console.log(JSON.stringify({ databases: databases.map((database) => database.url) }));
process.stdin.resume().on("end", () => process.exit(0));
