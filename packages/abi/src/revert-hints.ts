/** What a revert means and what to do next, in words for a person. */
export type RevertHint = { readonly meaning: string; readonly hint: string };

const h = (meaning: string, hint: string): RevertHint => ({ meaning, hint });

const NOT_CONFIGURED = "This is a deployment fault, not yours: report it to whoever runs the contracts.";
const UPGRADE = "Only a contract upgrade raises this: check the new implementation before sending it again.";
const BRIDGE_OWNER = "Only the bridge's owner can set this up: report it, or use another route.";
const ERC20_ADDRESS = "Use a real, non-zero address.";

/**
 * Every custom error of the published contracts and of ours, by name.
 *
 * @example
 * ```ts
 * import { revertHints } from "@peaqos/abi";
 * revertHints.MachineNotBonded.hint;
 * ```
 */
export const revertHints = {
  // Identity and bond
  AlreadyRegistered: h(
    "this address already has a machine",
    "Read machineIdOfOwner(address) and use that id, or register another address.",
  ),
  InvalidMachineAddress: h(
    "the machine address is the zero address or the caller's own",
    "Pass the machine's own address; to register yourself, call register().",
  ),
  IncorrectBondAmount: h(
    "the value sent is not exactly the bond",
    "Send exactly minBond() wei of native PEAQ (1 PEAQ by default).",
  ),
  BondNotRequired: h("value was sent although no bond is required now", "Send value 0 while minBond() is 0."),
  BondBelowFloor: h(
    "the new minimum bond is above 0 and below MIN_BOND_FLOOR()",
    "Choose 0 (no bond) or at least MIN_BOND_FLOOR().",
  ),
  ContractNotConfigured: h("the registry has no staking contract or wrapped token yet", NOT_CONFIGURED),
  MachineNotFound: h(
    "no machine has this id",
    "Check the machine id and that you are connected to the chain it was registered on.",
  ),
  NotMachineOwner: h(
    "the caller is neither the machine nor its operator",
    "Sign with the machine's key or with its operator's key.",
  ),
  InvalidStatus: h(
    "the machine's status does not allow this step",
    "Read machineStatus(id): verify and reject need Pending, reactivate needs Deactivated.",
  ),
  IdentityNFTSoulbound: h(
    "identity tokens cannot be approved or transferred",
    "Transfer the Machine NFT instead; the identity stays with its machine.",
  ),
  WalletAlreadyBound: h(
    "this wallet already belongs to another machine",
    "Use a wallet that has no machine.",
  ),
  ETHTransferFailed: h(
    "the receiver refused the native transfer",
    "Send to an address that accepts plain transfers.",
  ),
  AmountZero: h("the amount is zero", "Stake an amount above zero."),
  AlreadyStaked: h("the machine is already bonded", "Nothing to do: a bond is paid once."),
  NotAuthorized: h(
    "the caller is not an authorised staker",
    "Bond through IdentityRegistry.register or registerFor.",
  ),
  InvalidAddress: h("the zero address is not allowed here", "Pass a real address."),
  // Events
  MachineNotBonded: h(
    "the machine has no bond",
    "A machine without a bond cannot submit events or mint its NFT: register it with the bond.",
  ),
  MachineDeactivated: h(
    "the machine is deactivated",
    "Its owner or operator can call reactivateMachine(id).",
  ),
  NotAuthorizedSubmitter: h(
    "the caller may not submit for this machine",
    "Sign with the machine's key or with its operator's key.",
  ),
  InvalidEventType: h("the event type is not 0 (revenue) or 1 (activity)", "Use 0 or 1."),
  InvalidTrustLevel: h(
    "the trust level is not 0, 1 or 2",
    "Use 0 (self-reported), 1 (on-chain) or 2 (hardware-signed).",
  ),
  InvalidCurrencyShape: h(
    "a revenue event needs a currency of 3 to 10 characters A-Z or 0-9, an activity event needs none",
    "Use for example USD for revenue and an empty text for activity.",
  ),
  FutureTimestamp: h(
    "the event's timestamp is later than the block's",
    "Use the latest block's time or earlier; local clocks run ahead.",
  ),
  MetadataTooLarge: h(
    "the metadata is longer than MAX_METADATA_SIZE() bytes",
    "Shorten it, or keep the data off chain and submit its hash as dataHash.",
  ),
  OffsetOutOfBounds: h(
    "the offset or index is past the machine's last event",
    "Read getEventCount(id) first.",
  ),
  EnforcedPause: h("the contract is paused", "Wait until its owner unpauses it; paused() tells."),
  ExpectedPause: h("the contract is not paused", "Only a paused contract can be unpaused."),
  // Machine NFT
  AlreadyMinted: h("this machine already has its NFT", "Read tokenIdOf(machineId) and use that token."),
  RecipientMustBeMachineOwner: h(
    "an operator may mint only to the machine's owner",
    "Pass the machine's address as recipient.",
  ),
  // Administration
  InvalidTrustOverride: h("the trust override is above 25", "Use a value from 0 to 25."),
  OwnableUnauthorizedAccount: h(
    "only the contract's owner may do this",
    "Sign with the owner's key; owner() tells which.",
  ),
  OwnableInvalidOwner: h("the new owner is not a valid address", "Pass a non-zero address."),
  // Wrapped and test tokens
  ERC20InsufficientBalance: h("the token balance is too small", "Top the account up or send less."),
  ERC20InsufficientAllowance: h("the spender's allowance is too small", "Approve at least the amount first."),
  ERC20InvalidApprover: h("the approving address is invalid", ERC20_ADDRESS),
  ERC20InvalidReceiver: h("the receiving address is invalid", ERC20_ADDRESS),
  ERC20InvalidSender: h("the sending address is invalid", ERC20_ADDRESS),
  ERC20InvalidSpender: h("the spending address is invalid", ERC20_ADDRESS),
  ERC2612ExpiredSignature: h("the permit's deadline has passed", "Sign a new permit with a later deadline."),
  ERC2612InvalidSigner: h(
    "the permit was not signed by the token's owner",
    "Check the domain (name, version, chain id, contract), the nonce and the key.",
  ),
  InvalidAccountNonce: h("the signed nonce was already used", "Read nonces(owner) and sign again."),
  ERC3009InvalidAuthorizationTime: h(
    "the authorisation is not valid at this time",
    "Its validAfter must be past and its validBefore ahead of the block's time: sign a new one.",
  ),
  ERC3009UsedAuthorization: h(
    "this authorisation nonce was already used or cancelled",
    "If you sent it before, the payment went through: look for its AuthorizationUsed log. Otherwise sign a new nonce.",
  ),
  ERC3009InvalidSignature: h(
    "the authorisation was not signed by the paying account",
    "Check the domain (name, version, chain id, contract), every field and the key.",
  ),
  AllowanceNotZero: h(
    "this token changes an allowance only through zero",
    "Approve 0 first, then the new amount.",
  ),
  InsufficientAllowance: h("the spender's allowance is too small", "Approve at least the amount first."),
  InsufficientFunds: h("the token balance is too small", "Top the account up or send less."),
  ZeroAddress: h("the zero address cannot receive tokens", ERC20_ADDRESS),
  // ERC-721 and signatures
  ERC721IncorrectOwner: h("the given account does not own this token", "Read ownerOf(tokenId)."),
  ERC721InsufficientApproval: h(
    "the caller may not move this token",
    "Let the owner approve the caller first.",
  ),
  ERC721InvalidApprover: h("only the token's owner may approve", "Sign with the owner's key."),
  ERC721InvalidOperator: h("this operator cannot be approved", "Pass a non-zero operator."),
  ERC721InvalidOwner: h("the zero address owns nothing", "Pass a real address."),
  ERC721InvalidReceiver: h(
    "the receiver cannot hold this token",
    "Use a wallet, or a contract with onERC721Received.",
  ),
  ERC721InvalidSender: h("the token cannot come from this account", "Check the token id."),
  ERC721NonexistentToken: h(
    "there is no such token here (yet)",
    "Check the token id; after a bridge transfer wait until it has arrived.",
  ),
  ECDSAInvalidSignature: h("the signature is invalid", "Sign again; check the key and the signed text."),
  ECDSAInvalidSignatureLength: h("a signature must be 65 bytes", "Pass r, s and v as 65 bytes."),
  ECDSAInvalidSignatureS: h(
    "the signature's s value is in the upper half",
    "Use a signer that makes canonical signatures.",
  ),
  // Smart accounts
  Create2EmptyBytecode: h("the account's code is empty", NOT_CONFIGURED),
  FailedDeployment: h(
    "a smart account or an event's record could not be deployed",
    "Send it with more gas; for an account, check with getAddress whether it exists already.",
  ),
  InsufficientBalance: h("the contract's balance is too small", "Fund it first."),
  BatchTooLarge: h("too many calls in one batch", "Split the batch."),
  ExecutionFailed: h("the inner call failed", "Try the inner call alone to see its reason."),
  LengthMismatch: h("targets, values and data differ in length", "Pass arrays of one length."),
  OnlyEntryPoint: h("only the ERC-4337 entry point may call this", "Send it as a user operation."),
  OnlyOwner: h("only the account's owner may do this", "Sign with the owner's key."),
  SelfCallBlocked: h("an account may not call itself", "Call the setting directly as its owner."),
  // Bridge
  BridgePausedByNFT: h("bridging is closed because the Machine NFT is paused", "Wait until it is unpaused."),
  InvalidDelegate: h("the delegate is the zero address", BRIDGE_OWNER),
  InvalidEndpointCall: h("the endpoint refused the call", BRIDGE_OWNER),
  InvalidOptions: h("the message options are malformed", "Leave options empty to use the enforced ones."),
  InvalidReceiver: h("the recipient on the other chain is empty", "Pass the recipient's address."),
  LzTokenUnavailable: h("fees cannot be paid in the LayerZero token", "Pay the fee in the native coin."),
  NoPeer: h("no route to that chain is set up", BRIDGE_OWNER),
  NotEnoughNative: h(
    "the value sent does not cover the bridge fee",
    "Ask quoteSend again and send its nativeFee.",
  ),
  OnlyEndpoint: h(
    "only the LayerZero endpoint may deliver messages",
    "Nothing to do: deliveries come from the endpoint.",
  ),
  OnlyNFTOwner: h("only the token's owner may bridge it", "Sign with the owner's key."),
  OnlyPeer: h("the message does not come from the known peer", BRIDGE_OWNER),
  OnlySelf: h("this function is internal", "Do not call it."),
  SimulationResult: h("this is a simulation's answer, not a failure", "Read the bytes it carries."),
  // Upgrades and call plumbing
  AddressEmptyCode: h("there is no contract at this address", "Check the address and the chain."),
  ERC1967InvalidImplementation: h("the new implementation has no code", UPGRADE),
  ERC1967NonPayable: h("value was sent to a function that takes none", "Send value 0."),
  FailedCall: h("an inner call failed without a reason", "Try the inner call alone to see why."),
  InvalidInitialization: h(
    "the contract is already initialised",
    "Nothing to do: a proxy is initialised once.",
  ),
  NotInitializing: h("called outside initialisation", UPGRADE),
  ReentrancyGuardReentrantCall: h(
    "the contract was called again during its own call",
    "Do not call back into it.",
  ),
  SafeERC20FailedOperation: h(
    "the token transfer failed",
    "Check the token's address, balance and allowance.",
  ),
  UUPSUnauthorizedCallContext: h("an upgrade must go through the proxy", UPGRADE),
  UUPSUnsupportedProxiableUUID: h("the new implementation is not a UUPS contract", UPGRADE),
  ERC1967ProxyUninitialized: h("a proxy must be initialised when it is deployed", UPGRADE),
  SafeCastOverflowedUintDowncast: h("a number is too large for its type", "Use a smaller number."),
  InvalidShortString: h("a text stored in the contract is malformed", NOT_CONFIGURED),
  StringTooLong: h("a text is too long to be stored in the contract", NOT_CONFIGURED),
  EntryNotFound: h("this DID has no such attribute", "Check the attribute's name, or write it first."),
} as const satisfies Record<string, RevertHint>;

/** Name of a custom error that has a hint. */
export type RevertName = keyof typeof revertHints;
