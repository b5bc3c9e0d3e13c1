import { concatHex, type Hex, padHex, toHex } from "viem";

/**
 * A contract that emits whatever logs its calldata describes, 256 bytes each: number of topics (3 or 4), length of the
 * data (up to 64), four topics, two words of data. For logs that only look like transfers.
 */
export const logEmitterCode: Hex = concatHex([
  "0x365f5f37", //                 memory = calldata
  "0x5f", //                       i = 0
  "0x5b368110156058", //     0x05: if !(i < calldatasize)
  "0x57", //                         goto end
  "0x8051600414603157", //         if topics == 4 goto four
  "0x8060800151816060015182604001518360200151", // topic 3, 2, 1, length
  "0x8460c001a3", //               log3 of the data
  "0x605056", //                   goto next
  "0x5b8060a001518160800151826060015183604001518460200151", // 0x31 four: topic 4, 3, 2, 1, length
  "0x8560c001a4", //               log4 of the data
  "0x5b6101000160", //       0x50: next: i += 256
  "0x0556", //                     goto 0x05
  "0x5b00", //               0x58: end
]);

export type FakeLog = {
  readonly topics: readonly Hex[];
  /** Up to 64 bytes. */
  readonly data: Hex;
};

export const transferTopic: Hex = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
export const word = (value: bigint | Hex): Hex =>
  typeof value === "bigint" ? toHex(value, { size: 32 }) : padHex(value, { size: 32 });

/** A log as an honest token writes it. */
export const transferLog = (from: Hex, to: Hex, amount: bigint): FakeLog => ({
  topics: [transferTopic, word(from), word(to)],
  data: word(amount),
});

export function emitting(logs: readonly FakeLog[]): Hex {
  return concatHex(
    logs.flatMap(({ topics, data }) => [
      word(BigInt(topics.length)),
      word(BigInt((data.length - 2) / 2)),
      ...[0, 1, 2, 3].map((index) => topics[index] ?? word(0n)),
      padHex(data, { size: 64, dir: "right" }),
    ]),
  );
}
