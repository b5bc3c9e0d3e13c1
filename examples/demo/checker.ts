import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";

const script = join(import.meta.dirname, "..", "..", "vectors", "checker", "check.py");

/** What the independent checker said; `equal` is undefined when it could not run. */
export type Checked = { equal: boolean | undefined; text: string; command: string };

/** Recomputes one machine's rating from its published inputs with the second implementation, in Python. */
export async function recompute(url: string, did: string): Promise<Checked> {
  const python = ["python3", "python"].find((name) => {
    const { status } = spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]);
    return status === 0;
  });
  const args = ["--url", url, "--did", did];
  const command = ["python3", "vectors/checker/check.py", ...args].join(" ");
  if (!python) return { equal: undefined, text: "left out: there is no Python 3.10 or newer", command };
  return new Promise((resolve, reject) => {
    const child = spawn(python, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ equal: code === 2 ? undefined : code === 0, text: text.trim(), command }),
    );
  });
}
