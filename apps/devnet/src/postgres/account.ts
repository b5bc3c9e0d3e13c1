import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The operating system account the server runs as, when it is not this process's own. */
export type ServerAccount = { name: string; uid: number; gid: number; setpriv: string[] | undefined };

/**
 * PostgreSQL refuses to run as root. Started by root it runs as `postgres`, or `nobody` where that does not exist.
 * That account must be able to enter the directories above its files; where it cannot (a folder under /root), Linux
 * can give it the right to with one capability, which setpriv does. Elsewhere the reason is told.
 *
 * @param paths directories and files the server must reach
 */
export function serverAccount(paths: readonly string[]): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = lookUp("postgres") ?? lookUp("nobody");
  if (!account) {
    throw new Error(
      "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody' to run it as. Start as an ordinary user.",
    );
  }
  const wall = paths.map((path) => blockedAt(path, account)).find((each) => each !== undefined);
  if (wall === undefined) return { ...account, setpriv: undefined };
  if (process.platform === "linux" && existsSync("/usr/bin/setpriv")) {
    return {
      ...account,
      setpriv: [
        ...["--reuid", String(account.uid), "--regid", String(account.gid), "--clear-groups"],
        ...[
          "--securebits",
          "+no_setuid_fixup",
          "--inh-caps",
          "+dac_override",
          "--ambient-caps",
          "+dac_override",
        ],
      ],
    };
  }
  throw new Error(
    `PostgreSQL does not run as root, so it runs as the account '${account.name}', which may not enter ${wall} (no execute permission for others). Use --data-dir with a directory everybody can enter, such as /var/tmp/peaqos, or start as an ordinary user.`,
  );
}

/** The first directory above `path` that the account cannot pass. */
function blockedAt(path: string, account: { uid: number; gid: number }): string | undefined {
  const parents: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    parents.unshift(at);
    if (at === dirname(at)) break;
  }
  return parents.find((parent) => {
    const { mode, uid, gid } = statSync(parent);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
}

function lookUp(name: string): { name: string; uid: number; gid: number } | undefined {
  try {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((each) => each.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
  } catch {
    return undefined;
  }
}
