type Outcome = { value: unknown } | { error: Record<string, unknown> };

const refused = (field: string): Outcome => ({ error: { type: "ValidationError", field } });

/** What our SDK does where it differs from the recorded client on purpose. docs/decisions/sdk-vectors.md says why. */
export const differences: Record<string, Outcome> = {
  // A request would leave for a path the sender did not mean.
  "did-query/prefix-only": refused("did"),
  "did-query/short": refused("did"),
  "did-query/nonhex": refused("did"),
  "did-query/trailing-newline": refused("did"),
  "did-query/fragment": refused("did"),
  "did-query/path-injection": refused("did"),
  "did-address/trailing-newline": { value: null },
  // Python takes True for 1.
  "event/machine-true-accepted": refused("machineId"),
  "event/type-true-is-activity": refused("eventType"),
  "event/time-true-accepted": refused("timestamp"),
  // JavaScript has one kind of number: 42.0 is 42.
  "event/machine-float": { value: null },
  "event/value-float": { value: null },
  "guard-mcr/score-float": {
    value: {
      did: "did:peaq:0x1",
      machine_id: 1,
      mcr_score: 50,
      mcr: "BB",
      bond_status: "bonded",
      negative_flag: false,
      event_count: 3,
      revenue_event_count: 2,
      activity_event_count: 1,
      revenue_trend: "up",
      total_revenue: 12345,
      average_revenue_per_event: 61.72,
      last_updated: 1735000000,
      mcr_degraded: false,
    },
  },
  "to-camel/tuple-not-traversed": { value: { listOf: [{ itemNo: 1 }] } },
  // A wrong type is a broken rule like any other, with the field's name.
  "event/value-string": refused("value"),
  "event/value-bool": refused("value"),
  "event/value-null": refused("value"),
  "batch/map-missing-field": refused("machineId"),
  "batch/map-unknown-field": refused("extra"),
  // Found before anything is sent, not by the encoder or the chain.
  "event/value-2p256-not-capped": refused("value"),
  "submit/value-too-big-for-abi": refused("value"),
  "event/tx-66-nonhex-accepted": refused("sourceTxHash"),
  "register/for-no-prefix-accepted": refused("machineAddress"),
  "did-encode/empty-name-accepted": refused("name"),
  // The chain answers with texts; the SDK decodes the error all the same, should a contract use it.
  "abi/DIDPrecompile": {
    value: {
      functions: {
        "addAttribute(address,bytes,bytes,uint32)": "0xcc4a70ca",
        "readAttribute(address,bytes)": "0xb2028b7d",
        "removeAttribute(address,bytes)": "0xe8a81690",
        "updateAttribute(address,bytes,bytes,uint32)": "0x68b4b2c1",
      },
      events: {
        "AddAttribute(address,address,bytes,bytes,uint32)":
          "0x13aef52bc4a99da04591533072e304017e3fb76f43e7fadd25eb7f514c5ef6e5",
        "RemoveAttribute(address,bytes)":
          "0x8d8507f4f79e585e0cbbdeff53c51bfb6ffa6d44fbcc86e46ece2fad02b5d902",
        "UpdateAttribute(address,address,bytes,bytes,uint32)":
          "0x018be4d5e2634aefdb51c4ddd186f33072cfb5f6baf685579c2e214995dc9e4f",
      },
      errors: {},
    },
  },
  // NotMachineOwnerOrOperator is another name than NotMachineOwner.
  "revert/name-substring": { value: { type: "RpcError", code: "TX_REVERTED" } },
};
