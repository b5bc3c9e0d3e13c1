/** A platform package the lockfile lacks. */
type Entry = { version: string; cpu: string[]; dev?: true; libc?: string[]; optional: true; os: string[] };
type Lockfile = { packages: Record<string, object> };

export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined;
export function missingEntries(lockfile: Lockfile): Record<string, Entry>;
export function completed(lockfile: Lockfile, entries: Record<string, Entry>): Lockfile;
