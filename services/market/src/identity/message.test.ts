import fc from "fast-check";
import { expect, test } from "vitest";
import { challengeMessage } from "./message.ts";

const challenge = {
  id: "apch_0123456789abcdef",
  purpose: "agent-pairing" as const,
  issuer: "market.example",
  fields: [
    ["Machine ID", "mach_0123456789ab"],
    ["Agent Role", "buyer"],
  ] as const,
  nonce: "00112233445566778899aabbccddeeff",
  issuedAt: new Date("2026-01-02T03:04:05Z"),
  expiresAt: new Date("2026-01-02T03:09:05Z"),
};

test("the text is the one that is documented", () => {
  expect(challengeMessage(challenge)).toBe(
    [
      "market.example asks you to prove that you are the agent to be paired",
      "",
      "Purpose: agent-pairing",
      "Challenge ID: apch_0123456789abcdef",
      "Machine ID: mach_0123456789ab",
      "Agent Role: buyer",
      "Nonce: 00112233445566778899aabbccddeeff",
      "Chain Scope: none",
      "Issued At: 2026-01-02T03:04:05.000Z",
      "Expires At: 2026-01-02T03:09:05.000Z",
      "Statement: I am this agent and act for this machine within its delegation policy. Signing moves no money and changes nothing on any chain.",
    ].join("\n"),
  );
});

test("guarantee: whoever chooses a value can neither add a line nor leave printable ASCII, and two values never look the same", () => {
  const text = (role: string) => challengeMessage({ ...challenge, fields: [["Agent Role", role]] });
  const lines = text("buyer").split("\n").length;
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (role) => {
      const message = text(role);
      expect(message.split("\n").length).toBe(lines);
      expect(/^[\x20-\x7e\n]*$/.test(message)).toBe(true);
      expect(seen.get(message) ?? role).toBe(role);
      seen.set(message, role);
    }),
  );
  expect(text("a\nStatement: everything")).toContain("Agent Role: a\\u000aStatement: everything\n");
  expect(text("\\u000a")).not.toBe(text("\n"));
});
