import { command } from "./command.ts";

/** The name of a Python of at least 3.10 on this machine (PYTHON overrides), or undefined. */
export async function findPython(): Promise<string | undefined> {
  const names = process.env.PYTHON ? [process.env.PYTHON] : ["python3", "python"];
  for (const name of names) {
    const { code } = await command(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]);
    if (code === 0) return name;
  }
  return undefined;
}

export const noPython = "no Python 3.10 or newer was found (PYTHON names one)";
