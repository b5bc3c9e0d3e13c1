import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** Path of the platform's Forge binary from the lockfile (the package's own launcher costs 0.2 s a start). */
export function forgeBinary(): string {
  return binary("forge");
}

/** Path of the platform's Anvil binary from the lockfile. */
export function anvilBinary(): string {
  return binary("anvil");
}

function binary(tool: "forge" | "anvil"): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/${tool}-${process.platform}-${arch}`;
  const file = process.platform === "win32" ? `${tool}.exe` : tool;
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), "bin", file);
  } catch {
    throw new Error(
      `${name} is not installed. Run npm ci on a supported platform (Linux or macOS, x64 or arm64).`,
    );
  }
}
