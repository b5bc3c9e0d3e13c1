import type { Adapter } from "./adapter.ts";

/** A person goes on at the provider's own page: nothing is called, the link is the answer. */
export const handOff: Adapter = {
  name: "hand-off",
  async plan(service) {
    if (service.executionMode !== "external-handoff" || service.handoff === null) return null;
    const { label, url, notes } = service.handoff;
    return {
      place: { adapter: "hand-off", origin: null, url, path: null },
      handoff: { label, url, notes: [...notes] },
    };
  },
  perform: () => Promise.reject(new Error("a hand-off calls nobody")),
};
