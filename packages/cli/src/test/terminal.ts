import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";

const bin = join(import.meta.dirname, "..", "..", "bin", "peaqos.js");

/** A pseudo-terminal needs a helper; Python has one in its standard library. */
export const hasTerminal: boolean = spawnSync("python3", ["-c", "import pty"]).status === 0;

/** Waits for each text in turn and types the answer; prints all that was on the screen; ends with the exit code. */
const DRIVER = `
import json, os, pty, select, signal, struct, sys, termios, fcntl, time
talk, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
seen, at, deadline = b"", 0, time.time() + 25
while True:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if ready:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    while talk and talk[0][0].encode() in seen[at:]:
        at = seen.index(talk[0][0].encode(), at) + len(talk[0][0].encode())
        os.write(fd, talk[0][1].encode())
        talk.pop(0)
    if time.time() > deadline:
        os.kill(pid, signal.SIGKILL)
        break
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 99)
`;

export type Screen = { readonly code: number | null; readonly text: string };

/** Runs the real command on a real (pseudo) terminal of 80 columns. \`talk\`: [text on the screen, what is typed then]. */
export function onTerminal(
  argv: readonly string[],
  options: { cwd: string; env: Record<string, string>; talk: readonly (readonly [string, string])[] },
): Promise<Screen> {
  const child = spawn(
    "python3",
    ["-c", DRIVER, JSON.stringify(options.talk), process.execPath, bin, ...argv],
    {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, HOME: options.cwd, TERM: "xterm-256color", ...options.env },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return new Promise((done) => child.on("close", (code) => done({ code, text })));
}
