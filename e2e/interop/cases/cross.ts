import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { exits } from "../expect.ts";
import { type CliMade, cli } from "./cli.ts";
import type { Made } from "./sdk-identity.ts";

export const cross = (_made: Made, _cliMade: CliMade): Group => ({
  title: "Ours and theirs, side by side",
  cases: (_context): Case[] => {
    void assert;
    void exits;
    void cli;
    return [];
  },
});
