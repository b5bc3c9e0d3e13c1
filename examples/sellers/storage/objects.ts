import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { SellerError } from "../../seller-template/errors.ts";

/** Objects as files named by the SHA-256 of their bytes: `ab/cdef…`. Nothing a caller says becomes a path. */
export class Objects {
  readonly #folder: string;
  readonly #quota: number;
  #used: number;
  readonly #writing = new Map<string, Promise<void>>();

  private constructor(folder: string, quota: number, used: number) {
    this.#folder = folder;
    this.#quota = quota;
    this.#used = used;
  }

  /** @param quota bytes of all objects together. */
  static async open(folder: string, quota: number): Promise<Objects> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let used = 0;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // What a crash left half-written.
      if (entry.name.endsWith(".new")) await rm(path);
      else used += (await stat(path)).size;
    }
    return new Objects(folder, quota, used);
  }

  /** Bytes of all objects. */
  get used(): number {
    return this.#used;
  }

  /** Stores the bytes, on the disk when it resolves, and gives their hash. @throws SellerError 507 beyond the quota. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    // Two callers with the same bytes: one writes, both wait for it.
    const writing =
      this.#writing.get(hash) ?? this.#store(hash, bytes).finally(() => this.#writing.delete(hash));
    this.#writing.set(hash, writing);
    await writing;
    return hash;
  }

  async #store(hash: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(hash);
    const there = await readFile(path).catch(() => null);
    if (there !== null && sha256(there) === hash) return;
    // What stands there is damaged: it gives way.
    const more = bytes.length - (there?.length ?? 0);
    if (this.#used + more > this.#quota)
      throw new SellerError(
        507,
        "quota_exceeded",
        `The store holds ${this.#used} of ${this.#quota} bytes; ${more} more do not fit.`,
      );
    this.#used += more;
    const temporary = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      this.#used -= more;
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** The bytes of an object. @throws SellerError 404 when there is none, 500 when the disk changed it. */
  async get(hash: string): Promise<Buffer> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path(hash));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new SellerError(404, "unknown_object", `There is no object sha256:${hash} here. Put it first.`);
    }
    if (sha256(bytes) !== hash)
      throw new SellerError(500, "object_damaged", `Object sha256:${hash} is damaged on the disk.`);
    return bytes;
  }

  #path(hash: string): string {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error("an object is named by 64 hexadecimal digits");
    return join(this.#folder, hash.slice(0, 2), hash.slice(2));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
