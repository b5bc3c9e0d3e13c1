import { type Hex, keccak256 } from "viem";

/** What went over the wire: a transaction the node took, or a question to the rating service. */
export type Wire = { onTransaction: (hash: Hex, raw: Hex) => void; onRequest: (url: string) => void };

type RpcRequest = { id?: unknown; method?: string; params?: unknown[] };
type RpcResponse = { id?: unknown; error?: unknown };

/** A `fetch` for the SDK that tells what it carries. Other JSON-RPC calls than sent transactions stay untold. */
export function tellingFetch(wire: Wire): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const body = init?.body;
    if (typeof body !== "string") {
      wire.onRequest(String(input instanceof Request ? input.url : input));
      return response;
    }
    if (body.includes("eth_sendRawTransaction")) {
      const answers = [(await response.clone().json()) as RpcResponse | RpcResponse[]].flat();
      for (const request of [JSON.parse(body) as RpcRequest | RpcRequest[]].flat()) {
        if (request.method !== "eth_sendRawTransaction") continue;
        const answer = answers.find(({ id }) => id === request.id);
        if (answer?.error) continue;
        const raw = request.params?.[0] as Hex;
        wire.onTransaction(keccak256(raw), raw);
      }
    }
    return response;
  };
}
