import { createHash } from "node:crypto";
import { join } from "node:path";
import { SellerError } from "./errors.ts";
import { Journal, type Place } from "./journal.ts";

type AnswerRecord = { kind: "answer"; key: string; input: string; at: number; text: string };
type ClaimRecord = { kind: "claim"; name: string; owner: string };

/** An answer on its way to the caller: the JSON text of the result. */
export type Answer = { readonly text: string; readonly replayed: boolean };

/** How long an answer can be asked for again. */
export const KEEP_DAYS = 30;

/**
 * The answers given so far, by idempotency key, and who holds what may serve only once. All of it is on the disk before
 * anybody is told: a restart forgets nothing.
 */
export class Answers {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #given: Map<string, { input: string; place: Place }>;
  readonly #claims: Map<string, string>;
  readonly #running = new Map<string, { input: string; answer: Promise<Answer> }>();
  readonly #claiming = new Map<string, Promise<string>>();

  private constructor(
    journal: Journal,
    now: () => number,
    given: Map<string, { input: string; place: Place }>,
    claims: Map<string, string>,
  ) {
    this.#journal = journal;
    this.#now = now;
    this.#given = given;
    this.#claims = claims;
  }

  static async open(dataDir: string, now: () => number): Promise<Answers> {
    const given = new Map<string, { input: string; place: Place }>();
    const claims = new Map<string, string>();
    const oldest = now() - KEEP_DAYS * 86_400_000;
    const journal = await Journal.open(join(dataDir, "answers.jsonl"), (record, place) => {
      const found = record as AnswerRecord | ClaimRecord;
      if (found.kind === "claim") claims.set(found.name, found.owner);
      else if (found.at < oldest) return false;
      else given.set(found.key, { input: found.input, place });
      return true;
    });
    return new Answers(journal, now, given, claims);
  }

  /**
   * The answer for this key: the stored one, the one that is being made, else what `work` gives, which is stored first.
   * When `work` throws, nothing is stored and the key is free again.
   *
   * @throws SellerError 422 when the key was used with another operation or input.
   */
  async give(key: string, operation: string, input: unknown, work: () => Promise<string>): Promise<Answer> {
    const hash = digest(key);
    const fingerprint = digest(`${operation}\n${canonical(input)}`);
    const known = this.#given.get(hash) ?? this.#running.get(hash);
    if (known !== undefined && known.input !== fingerprint)
      throw new SellerError(
        422,
        "idempotency_key_reused",
        "This idempotency-key was used with another operation or input. Use a new key for a new execution.",
      );
    const given = this.#given.get(hash);
    if (given !== undefined) {
      const { text } = (await this.#journal.read(given.place)) as AnswerRecord;
      return { text, replayed: true };
    }
    const running = this.#running.get(hash);
    if (running !== undefined) return { ...(await running.answer), replayed: true };

    const answer = this.#make(hash, fingerprint, work).finally(() => this.#running.delete(hash));
    this.#running.set(hash, { input: fingerprint, answer });
    return answer;
  }

  async #make(key: string, input: string, work: () => Promise<string>): Promise<Answer> {
    const text = await work();
    const record: AnswerRecord = { kind: "answer", key, input, at: this.#now(), text };
    const place = await this.#journal.append(record).catch((cause) => {
      // The work may have left its marks: the caller must not read this as "nothing was done".
      throw new SellerError(503, "not_stored", "The answer cannot be stored. Ask again with the same key.", {
        cause,
      });
    });
    this.#given.set(key, { input, place });
    return { text, replayed: false };
  }

  /** Gives `name` to the first owner that asks, for good, and tells whose it is. */
  async claim(name: string, owner: string): Promise<string> {
    const held = this.#claims.get(name) ?? (await this.#claiming.get(name)?.catch(() => undefined));
    if (held !== undefined) return held;
    // Nobody else came in between: this runs to the next await without a pause.
    const other = this.#claiming.get(name);
    if (other !== undefined) return other;
    const claiming = this.#journal
      .append({ kind: "claim", name, owner } satisfies ClaimRecord)
      .then(() => {
        this.#claims.set(name, owner);
        return owner;
      })
      .finally(() => this.#claiming.delete(name));
    this.#claiming.set(name, claiming);
    return claiming;
  }

  /** Waits for what is being made. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ answer }) => answer));
    await this.#journal.close();
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON text that does not depend on the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
