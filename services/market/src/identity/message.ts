/**
 * The text that is signed: ASCII, LF line ends, no newline at the end, so that neither a terminal nor a clipboard
 * changes it. Always rebuilt from the stored row, never read from what a client sends.
 */

export type ChallengePurpose = "machine-identity" | "agent-pairing";

/** Lines between the purpose and the nonce, in their order. */
export type ChallengeFields = readonly (readonly [label: string, value: string])[];

export type ChallengeText = {
  readonly id: string;
  readonly purpose: ChallengePurpose;
  readonly issuer: string;
  readonly fields: ChallengeFields;
  readonly nonce: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
};

const titles: Readonly<Record<ChallengePurpose, string>> = {
  "machine-identity": "asks you to prove that you control a machine's identity",
  "agent-pairing": "asks you to prove that you are the agent to be paired",
};

const statements: Readonly<Record<ChallengePurpose, string>> = {
  "machine-identity":
    "I control this machine identity and register it with this market. Signing moves no money and changes nothing on any chain.",
  "agent-pairing":
    "I am this agent and act for this machine within its delegation policy. Signing moves no money and changes nothing on any chain.",
};

/** One line, printable ASCII: whoever chooses a value cannot add lines to the text. */
function oneLine(value: string): string {
  return value.replace(
    /[^\x20-\x5b\x5d-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * @example
 * peaqos-market asks you to prove that you control a machine's identity
 *
 * Purpose: machine-identity
 * Challenge ID: mich_0123456789abcdef
 * Identity Ref: did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D
 * Nonce: 00112233445566778899aabbccddeeff
 * Chain Scope: none
 * Issued At: 2026-01-02T03:04:05.000Z
 * Expires At: 2026-01-02T03:09:05.000Z
 * Statement: I control this machine identity …
 */
export function challengeMessage(challenge: ChallengeText): string {
  const lines: ChallengeFields = [
    ["Purpose", challenge.purpose],
    ["Challenge ID", challenge.id],
    ...challenge.fields,
    ["Nonce", challenge.nonce],
    ["Chain Scope", "none"],
    ["Issued At", challenge.issuedAt.toISOString()],
    ["Expires At", challenge.expiresAt.toISOString()],
    ["Statement", statements[challenge.purpose]],
  ];
  return [
    `${oneLine(challenge.issuer)} ${titles[challenge.purpose]}`,
    "",
    ...lines.map(([label, value]) => `${label}: ${oneLine(value)}`),
  ].join("\n");
}
