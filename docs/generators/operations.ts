// Writes docs/market-operations.md: every operation of the market, from the operation table.
import { type MarketOperation, marketBasePath, marketOperations } from "@peaqos/protocol/market";
import { generatedBy, writeOrCheck } from "./page.ts";

const callers: Record<MarketOperation["caller"], string> = {
  platform: "platform key",
  pairing: "pairing token",
  either: "key or token",
  none: "nobody asks",
};

const operations = Object.values(marketOperations as Record<string, MarketOperation>);

function page(): string {
  const byTag = Map.groupBy(operations, ({ tags }) => tags[0] ?? "");
  const published = operations.filter((operation) => operation.published).length;
  return `${[
    "# Operations of the market",
    generatedBy(
      "docs/generators/operations.ts",
      "the operation table in packages/protocol/src/market/operations",
    ),
    `${operations.length} operations under \`${marketBasePath}\`, ${published} of them bound by the published clients; the others, marked *, are ours. Bodies, answers and their fields are on the API page of a running market (\`/docs\`) and in its OpenAPI document (\`${marketBasePath}/openapi.json\`). How to call them: [Market API](market-api.md).`,
    ...[...byTag].map(([tag, list]) => section(tag, list)),
  ].join("\n\n")}\n`;
}

function section(tag: string, list: readonly MarketOperation[]): string {
  return [
    `## ${tag[0]?.toUpperCase()}${tag.slice(1)}`,
    "",
    "| Operation | Call | Who | What |",
    "|---|---|---|---|",
    ...list.map(
      ({ id, method, path, caller, summary, published }) =>
        `| \`${id}\`${published ? "" : " *"} | \`${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}\` | ${callers[caller]} | ${summary} |`,
    ),
  ].join("\n");
}

writeOrCheck("market-operations.md", page());
