/** Published constants of the SDK. Names and values are those of the seeds; what is ours says so. */

/** Event type: money was earned. */
export const EVENT_TYPE_REVENUE = 0;
/** Event type: work was done. */
export const EVENT_TYPE_ACTIVITY = 1;

/** Trust level: nobody but the submitter vouches for the event. */
export const TRUST_SELF_REPORTED = 0;
/** Trust level: a transaction on a source chain shows it; needs `sourceTxHash`. */
export const TRUST_ON_CHAIN_VERIFIABLE = 1;
/** Trust level: signed by the machine's hardware key. */
export const TRUST_HARDWARE_SIGNED = 2;

/** Chains an event may name as its source, by name. 0 (off chain, or the registry's own chain) is allowed too. */
export const SUPPORTED_CHAIN_IDS = {
  peaq: 3338,
  ethereum: 1,
  base: 8453,
  polygon: 137,
  arbitrum: 42161,
  optimism: 10,
} as const;

/** LayerZero endpoint ids of the chains a Machine NFT can be bridged between. */
export const LAYERZERO_EIDS = { peaq: 30302, base: 30184 } as const;

/** DID attribute: the machine id, as decimal text. */
export const DID_ATTR_MACHINE_ID = "machineId";
/** DID attribute: the Machine NFT's token id, as decimal text. */
export const DID_ATTR_NFT_TOKEN_ID = "nftTokenId";
/** DID attribute: the operator's DID; empty for a self-managed machine. */
export const DID_ATTR_OPERATOR = "operator";
/** DID attribute: URL of the machine's documentation. */
export const DID_ATTR_DOCUMENTATION_URL = "documentation_url";
/** DID attribute: URL of the machine's data API. */
export const DID_ATTR_DATA_API = "data_api";
/** DID attribute: `public`, `private` or `onchain`. */
export const DID_ATTR_DATA_VISIBILITY = "data_visibility";
/** DID attribute of an operator: JSON array of the machine ids it manages. */
export const DID_ATTR_MACHINES = "machines";
/** Longest attribute name, in bytes. */
export const DID_MAX_NAME_BYTES = 64;
/** Longest attribute value, in bytes. */
export const DID_MAX_VALUE_BYTES = 2560;

/** `data_visibility`: the rating service may fetch and show the data API. */
export const DATA_VISIBILITY_PUBLIC = "public";
/** `data_visibility`: nothing beyond the rating is shown. */
export const DATA_VISIBILITY_PRIVATE = "private";
/** `data_visibility`: the events on the chain are shown. */
export const DATA_VISIBILITY_ONCHAIN = "onchain";

/** Machine status in the IdentityRegistry: never registered. */
export const MACHINE_STATUS_NONE = 0;
/** Machine status: registered, not verified. */
export const MACHINE_STATUS_PENDING = 1;
/** Machine status: verified. */
export const MACHINE_STATUS_VERIFIED = 2;
/** Machine status: rejected. */
export const MACHINE_STATUS_REJECTED = 3;
/** Machine status: deactivated; it cannot submit events. */
export const MACHINE_STATUS_DEACTIVATED = 4;

/** Base URL of the rating (MCR) API when none is given: a service on this machine. */
export const DEFAULT_API_URL = "http://127.0.0.1:8000";
/** Name of the variable that holds the wallet passphrase. */
export const OWS_PASSPHRASE_ENV = "OWS_PASSPHRASE";

/** Bond sent with a registration, in wei: 1 PEAQ. */
export const MACHINE_BOND_WEI = 1_000_000_000_000_000_000n;
/** Largest value of a uint256. */
export const MAX_UINT256 = 2n ** 256n - 1n;
/** Longest event metadata, in bytes, unless the registry says otherwise (`MAX_METADATA_SIZE`). */
export const EVENT_MAX_METADATA_BYTES = 4096;
/** Oldest event time accepted, Unix seconds: 2000-01-01. An older one is a unit or clock mistake. Ours. */
export const EVENT_MIN_TIMESTAMP = 946_684_800;
/** Most calls the batch precompile takes in one transaction. */
export const BATCH_MAX_CALLS = 512;
/** Most events `submitEvents` packs into one transaction. Ours. */
export const SUBMIT_EVENTS_MAX_PER_TX = 80;

/**
 * The same under the name the published constants page uses.
 * @alias SUPPORTED_CHAIN_IDS
 */
export const SUPPORTED_CHAINS = SUPPORTED_CHAIN_IDS;

/** Curve family of a private key that is imported into a wallet vault: EVM chains. */
export const IMPORT_CHAIN_EVM = "evm";
/** Import family: Solana. */
export const IMPORT_CHAIN_SOLANA = "solana";
/** Import family: Bitcoin. */
export const IMPORT_CHAIN_BITCOIN = "bitcoin";
/** Import family: Cosmos. */
export const IMPORT_CHAIN_COSMOS = "cosmos";
/** Import family: Tron. */
export const IMPORT_CHAIN_TRON = "tron";
/** Import family: TON. */
export const IMPORT_CHAIN_TON = "ton";
/** Import family: Sui. */
export const IMPORT_CHAIN_SUI = "sui";
/** Import family: XRP Ledger. */
export const IMPORT_CHAIN_XRPL = "xrpl";
/** Import family: Spark. */
export const IMPORT_CHAIN_SPARK = "spark";
/** Import family: Filecoin. */
export const IMPORT_CHAIN_FILECOIN = "filecoin";
