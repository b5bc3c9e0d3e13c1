import { recoverMessageAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { readKeyFile } from "../config/key.ts";
import { networkError, usageError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import type { Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";
import { checkedSignature, readSignature, warnIfOpen } from "./files.ts";

/** Signing the market's challenges (EIP-191): with a key file, with a signature made elsewhere, or pasted. */

export type ChallengeToSign = {
  readonly message: string;
  /** Who may sign; empty: not known here. */
  readonly signers: readonly string[];
  readonly keyFile: readonly [flag: string, file: string | undefined];
  readonly signatureFile: readonly [flag: string, file: string | undefined];
  /** The command that writes the text to sign into a file. */
  readonly challengeCommand: string;
};

/** The signature and who made it. A signer that the market would refuse is refused here. */
export async function signChallenge(
  { io, ui, globals }: { io: Io; ui: Ui; globals: { readonly json: boolean } },
  challenge: ChallengeToSign,
): Promise<{ signature: `0x${string}`; signer: `0x${string}` }> {
  const { message, signers } = challenge;
  const signature = await signatureOf(io, ui, globals.json, challenge);
  const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined);
  const fits = signers.some((each) => each.toLowerCase() === signer?.toLowerCase());
  if (signer === undefined || (signers.length > 0 && !fits))
    throw networkError({
      code: "WRONG_SIGNER",
      message: "The challenge is signed by somebody else, or another text was signed",
      value: signer ?? "no address can be recovered",
      rule: `it has to be signed by ${signers.join(" or ")}, byte for byte as the market gave it`,
      next: `\`${challenge.challengeCommand}\` writes the text; sign exactly that, and run this again before it expires`,
    });
  return { signature, signer };
}

async function signatureOf(
  io: Io,
  ui: Ui,
  json: boolean,
  { message, signers, keyFile, signatureFile, challengeCommand }: ChallengeToSign,
): Promise<`0x${string}`> {
  const [keyFlag, key] = keyFile;
  if (key !== undefined) {
    const { privateKey } = await readKeyFile(io, key, keyFlag);
    await warnIfOpen(io, ui, key, "the private key");
    return privateKeyToAccount(privateKey).signMessage({ message });
  }
  const [signatureFlag, file] = signatureFile;
  if (file !== undefined) return readSignature(io, signatureFlag, file);
  if (json || !ui.interactive)
    throw usageError({
      code: "MISSING_OPTION",
      message: `The challenge has to be signed: ${keyFlag} or ${signatureFlag} is missing`,
      value: "(nothing)",
      rule: `${keyFlag} signs here; ${signatureFlag} brings a signature made elsewhere`,
      next: `add ${keyFlag} FILE; or get the text with \`${challengeCommand}\`, sign it and add ${signatureFlag} FILE`,
    });
  // Without indentation: the text has to be signed as it stands.
  ui.line(message.split("\n").map(clean).join("\n"));
  ui.line();
  for (const each of signers) ui.note(`to be signed by ${each} (EIP-191)`);
  return checkedSignature("the answer", await ui.ask("Paste the EIP-191 signature:", signatureFlag));
}
