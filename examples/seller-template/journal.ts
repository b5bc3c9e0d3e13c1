import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Where a record stands in the file. */
export type Place = { readonly offset: number; readonly length: number };

type Waiting = { bytes: Buffer; done: (place: Place) => void; failed: (error: unknown) => void };

const NEWLINE = 10;
const CHUNK = 1 << 20;

/**
 * A file of JSON records, one a line, only ever appended to. `append` resolves when the record is on the disk; records
 * of callers that wait at the same time share one sync. What a crash left half-written at the end is cut off on opening.
 */
export class Journal {
  readonly #file: FileHandle;
  #end: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /**
   * @param onRecord gets every record, oldest first; `false` for one that is no longer needed: it is dropped from the file.
   */
  static async open(
    path: string,
    onRecord: (record: unknown, place: Place) => boolean | undefined,
  ): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    let file = await open(path, "a+", 0o600);
    await file.close();
    file = await open(path, "r+");
    const kept: Place[] = [];
    let dropped = 0;
    const end = await readLines(file, (line, place) => {
      let record: unknown;
      try {
        record = JSON.parse(line);
      } catch {
        const number = kept.length + dropped + 1;
        throw new Error(`${path} is damaged: line ${number} is no JSON. Put the file right or move it away.`);
      }
      if (onRecord(record, place) === false) dropped += 1;
      else kept.push(place);
    });
    if (dropped === 0) {
      await file.truncate(end);
      return new Journal(file, end);
    }
    await copy(file, kept, `${path}.new`);
    await file.close();
    await rename(`${path}.new`, path);
    return Journal.open(path, onRecord);
  }

  /** @throws when the disk takes no more; the record is then not in the file. */
  append(record: unknown): Promise<Place> {
    return new Promise((done, failed) => {
      this.#waiting.push({ bytes: Buffer.from(`${JSON.stringify(record)}\n`), done, failed });
      this.#flushing ??= this.#flush();
    });
  }

  async read({ offset, length }: Place): Promise<unknown> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, offset);
    if (bytesRead !== length) throw new Error("the journal is shorter than it was");
    return JSON.parse(buffer.toString("utf8"));
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      const bytes = Buffer.concat(batch.map((each) => each.bytes));
      try {
        await writeAll(this.#file, bytes, this.#end);
        await this.#file.datasync();
        for (const { bytes: own, done } of batch) {
          done({ offset: this.#end, length: own.length });
          this.#end += own.length;
        }
      } catch (error) {
        await this.#file.truncate(this.#end).catch(() => {});
        for (const { failed } of batch) failed(error);
      }
    }
    this.#flushing = undefined;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Calls back for every whole line; gives the end of the last one. */
async function readLines(file: FileHandle, onLine: (line: string, place: Place) => void): Promise<number> {
  let rest = Buffer.alloc(0);
  let start = 0;
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, start + rest.length);
    if (bytesRead === 0) return start;
    const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let from = 0;
    for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, from)) {
      onLine(data.toString("utf8", from, at), { offset: start + from, length: at + 1 - from });
      from = at + 1;
    }
    start += from;
    rest = Buffer.from(data.subarray(from));
  }
}

async function copy(from: FileHandle, places: readonly Place[], path: string): Promise<void> {
  const to = await open(path, "w", 0o600);
  let end = 0;
  for (const { offset, length } of places) {
    const { buffer } = await from.read(Buffer.alloc(length), 0, length, offset);
    await writeAll(to, buffer, end);
    end += length;
  }
  await to.sync();
  await to.close();
}
