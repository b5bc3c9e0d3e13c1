import type { ratingOperations } from "@peaqos/protocol";
import { stringifyJson } from "@peaqos/protocol";
import { type Answer, type Handlers, type Metrics, mountedElsewhere } from "@peaqos/service-kit";
import type { Hex } from "viem";
import { parseSubject, type Subject } from "../answers/did.ts";
import { explainBody, historyBody } from "../answers/explain.ts";
import { fleetBody } from "../answers/fleet.ts";
import { inputsBody } from "../answers/inputs.ts";
import { etagOf, type KeptRating, type RatingKeeper } from "../answers/keeper.ts";
import type { PartnerData } from "../answers/partner.ts";
import { cardBody, profileBody } from "../answers/profile.ts";
import { zeroAddress } from "../db/machines.ts";
import type { Reads } from "../db/read.ts";
import type { ReadyProbe } from "../ready.ts";
import { ratingError } from "./errors.ts";

/** One handler for each operation of the rating API: find the subject, make the answer. */

/** What the handlers stand on once the service is initialised; `null` in test mode. */
export type RatingParts = {
  readonly reads: Reads;
  readonly keeper: RatingKeeper;
  readonly partner: PartnerData;
  readonly identityRegistry: Hex;
  readonly trustPolicy: "verified" | "claimed";
};

export type HandlerDeps = {
  readonly parts: RatingParts | null;
  readonly ready: ReadyProbe;
  readonly metrics: Metrics;
  readonly openApi: () => string;
};

/** A rating can change with every block, so a copy must be asked about before it is used again. */
const revalidate = "no-cache";

/** An answer with an ETag; 304 when the caller has it already. */
function tagged(
  text: string,
  etag: string,
  ifNoneMatch: string | undefined,
  cacheControl = revalidate,
): Answer {
  const headers = { etag, "cache-control": cacheControl };
  const known = ifNoneMatch?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag) === true;
  return known ? { status: 304, headers } : { status: 200, text, headers };
}

export function createHandlers(deps: HandlerDeps): Handlers<typeof ratingOperations> {
  function parts(): RatingParts {
    if (deps.parts === null) throw ratingError("notInitialised");
    return deps.parts;
  }

  /** Absent, or not read yet? Only a database that has seen the whole chain can say "not registered". */
  async function missing(name: "machineNotRegistered" | "tokenNotFound" | "machineNotFound"): Promise<Error> {
    const { keeper, reads } = parts();
    const isComplete = keeper.head?.complete === true || (await reads.head())?.complete === true;
    return isComplete ? ratingError(name) : ratingError("chainUnavailable");
  }

  async function ratingOf(subject: Subject): Promise<KeptRating> {
    const { keeper } = parts();
    const entry = keeper.kept(subject.address) ?? (await keeper.load(subject.address));
    if (entry === null) throw await missing("machineNotRegistered");
    return entry;
  }

  async function loadedOf(subject: Subject) {
    const loaded = await parts().reads.machineByOwner(subject.address);
    if (loaded === null) throw await missing("machineNotRegistered");
    return loaded;
  }

  function mcrAnswer(subject: Subject, entry: KeptRating, ifNoneMatch: string | undefined): Answer {
    // The DID holds nothing but its prefix and hex digits, so it needs no escaping.
    const text = `{"did":"${subject.did}"${entry.tail}`;
    const degraded = entry.rated.loaded.counts.degraded > 0;
    return tagged(text, entry.etag, ifNoneMatch, degraded ? "no-store" : revalidate);
  }

  function jsonAnswer(body: unknown, ifNoneMatch: string | undefined): Answer {
    const text = stringifyJson(body);
    return { ...tagged(text, etagOf(text), ifNoneMatch), body };
  }

  return {
    getMcr({ params, headers }) {
      const subject = parseSubject(params.did);
      const entry = parts().keeper.kept(subject.address);
      return entry === null
        ? ratingOf(subject).then((loaded) => mcrAnswer(subject, loaded, headers["if-none-match"]))
        : mcrAnswer(subject, entry, headers["if-none-match"]);
    },

    async getMachine({ params, headers }) {
      const { rated } = await ratingOf(parseSubject(params.did));
      const attributes = await parts().reads.attributes(rated.loaded.machine.owner);
      return jsonAnswer(await profileBody(rated, attributes, parts()), headers["if-none-match"]);
    },

    async getOperatorMachines({ params, query, headers }) {
      const operator = parseSubject(params.did);
      return jsonAnswer(await fleetBody(operator, query, parts()), headers["if-none-match"]);
    },

    async getMetadata({ params, headers }) {
      const loaded = await parts().reads.machineByToken(params.token_id);
      if (loaded === null) throw await missing("tokenNotFound");
      const { rated } = parts().keeper.adopt(loaded);
      const attributes = await parts().reads.attributes(loaded.machine.owner);
      return jsonAnswer(await profileBody(rated, attributes, parts()), headers["if-none-match"]);
    },

    async getMachineCard({ params, headers }) {
      const { reads, keeper, identityRegistry } = parts();
      const entry = (await keeper.loadMany([params.machine_id])).get(params.machine_id);
      if (entry === undefined) throw await missing("machineNotFound");
      const { machine } = entry.rated.loaded;
      if (machine.wallet === zeroAddress) throw ratingError("machineWalletNotFound");
      const [attributes, head] = await Promise.all([reads.attributes(machine.owner), reads.head()]);
      const registry = { chainId: head?.chainId ?? 0n, identityRegistry };
      return jsonAnswer(cardBody(entry.rated, attributes, registry), headers["if-none-match"]);
    },

    async getMcrExplanation({ params, query, headers }) {
      const subject = parseSubject(params.did);
      const loaded = await loadedOf(subject);
      return jsonAnswer(await explainBody(subject.did, loaded, query, parts()), headers["if-none-match"]);
    },

    async getMcrHistory({ params, query, headers }) {
      const subject = parseSubject(params.did);
      const loaded = await loadedOf(subject);
      return jsonAnswer(await historyBody(subject.did, loaded, query, parts()), headers["if-none-match"]);
    },

    async getMcrInputs({ params, query, headers }) {
      const loaded = await loadedOf(parseSubject(params.did));
      return jsonAnswer(await inputsBody(loaded, query, parts().reads), headers["if-none-match"]);
    },

    getHealth: () => ({
      status: 200,
      body: { status: "ok" as const },
      headers: { "cache-control": "no-store" },
    }),

    async getReady() {
      const body = await deps.ready.check();
      return {
        status: body.status === "ready" ? 200 : 503,
        body,
        headers: { "cache-control": "no-store" },
      };
    },

    getMetrics: async () => ({
      status: 200,
      text: await deps.metrics.text(),
      headers: { "content-type": deps.metrics.registry.contentType, "cache-control": "no-store" },
    }),

    getOpenApi: () => ({ status: 200, text: deps.openApi() }),
    getDocs: mountedElsewhere,
  };
}
