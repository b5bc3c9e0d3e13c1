import { randomBytes } from "node:crypto";
import { verifyMessage } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type Curve, nativeCurve, wasmCurve } from "../services/market/src/identity/curve.ts";
import { type ChallengeText, challengeMessage } from "../services/market/src/identity/message.ts";
import { recoverSigner, sameAddress } from "../services/market/src/identity/signatures.ts";
import { pinSelf } from "./lib/processes.ts";
import { type Bench, format, type Row } from "./lib/result.ts";
import { median } from "./lib/stats.ts";

/**
 * P4: how many signatures of machines and agents one core checks in a second. Ours is all that the market does with a
 * proof (the text rebuilt from the stored row, hashed, the signer recovered and compared); the anchor is viem's
 * verifyMessage over the finished text. Many keys and texts, so that nothing can be remembered.
 */
export const bench: Bench = {
  id: "P4",
  title: "signature checks",
  async run({ rounds, quick, log }) {
    pinSelf(1);
    const samples = await signedChallenges(quick ? 20 : 200);
    const native = nativeCurve();
    const seconds = quick ? 0.1 : 1;
    const figures = { viem: [] as number[], native: [] as number[], wasm: [] as number[] };
    const ratios = { native: [] as number[], wasm: [] as number[] };
    // The first round warms the compiler; a service that checks signatures has been running.
    for (let round = -1; round < rounds; round++) {
      const viem = await perSecond(samples, seconds, ({ challenge, address, signature }) =>
        verifyMessage({ address, message: challengeMessage(challenge), signature }),
      );
      const wasm = await perSecond(samples, seconds, (sample) => checked(sample, wasmCurve));
      const fast =
        native === null ? 0 : await perSecond(samples, seconds, (sample) => checked(sample, native));
      if (round < 0) continue;
      figures.viem.push(viem);
      figures.wasm.push(wasm);
      figures.native.push(fast);
      ratios.wasm.push(wasm / viem);
      ratios.native.push(fast / viem);
      log(
        `round ${round + 1}: native ${format(fast)}/s, WebAssembly ${format(wasm)}/s, viem ${format(viem)}/s`,
      );
    }
    const row = (what: string, name: "native" | "wasm", limit: number): Row => ({
      id: "P4",
      what,
      ours: `${format(median(figures[name]))}/s`,
      anchor: `viem ${format(median(figures.viem))}/s`,
      value: median(ratios[name]),
      goal: { op: ">=", limit, unit: "x" },
    });
    return [
      ...(native === null ? [] : [row("challenge signatures checked on one core", "native", 10)]),
      row("the same without a native library (WebAssembly)", "wasm", 4),
    ];
  },
};

type Sample = {
  readonly challenge: ChallengeText;
  readonly address: `0x${string}`;
  readonly signature: `0x${string}`;
};

function checked({ challenge, address, signature }: Sample, curve: Curve): boolean {
  const recovered = recoverSigner(challengeMessage(challenge), signature, curve);
  return recovered.ok && sameAddress(recovered.address, address);
}

async function signedChallenges(count: number): Promise<Sample[]> {
  const issuedAt = new Date();
  return Promise.all(
    Array.from({ length: count }, async () => {
      const account = privateKeyToAccount(generatePrivateKey());
      const { address } = account;
      const challenge: ChallengeText = {
        id: `apch_${randomBytes(8).toString("hex")}`,
        purpose: "agent-pairing",
        issuer: "market.example",
        fields: [
          ["Machine ID", `mach_${randomBytes(6).toString("hex")}`],
          ["Identity Ref", `did:peaq:${address}`],
          ["Agent Address", address],
          ["Agent DID", `did:pkh:eip155:1:${address}`],
          ["Agent Provider", "anthropic"],
          ["Agent Role", "machine-market-buyer"],
        ],
        nonce: randomBytes(16).toString("hex"),
        issuedAt,
        expiresAt: new Date(issuedAt.getTime() + 300_000),
      };
      return {
        challenge,
        address,
        signature: await account.signMessage({ message: challengeMessage(challenge) }),
      };
    }),
  );
}

async function perSecond(
  samples: readonly Sample[],
  seconds: number,
  check: (sample: Sample) => boolean | Promise<boolean>,
): Promise<number> {
  const started = performance.now();
  const end = started + seconds * 1_000;
  let count = 0;
  while (performance.now() < end)
    for (let burst = 0; burst < 20; burst++) {
      const right = check(samples[count++ % samples.length] as Sample);
      if (!(right instanceof Promise ? await right : right))
        throw new Error("a right signature was refused: the bench is wrong");
    }
  return (count * 1_000) / (performance.now() - started);
}
