import { defineConfig } from "vitest/config";

/** The export condition under which workspaces resolve to their TypeScript source (see CONTRIBUTING.md). */
const conditions = ["@peaqos/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "{packages,services,apps,contracts,e2e,docs,scripts,vectors,examples,bench,chaos}/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
