import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePortBase } from "../e2e/lib/devnet.ts";
import { command, node } from "../scripts/lib/command.ts";
import { root } from "../scripts/lib/root.ts";
import { type Block, blocksOf, matches } from "./test/blocks.ts";
import { openPage, typeProblems } from "./test/page.ts";

/** Blocks that are shown and not run are a debt: this many at most, over all pages. */
const MOST_NOT_RUN = 12;

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...markdownIn("docs"),
  ...markdownIn("examples"),
].map((path) => ({ path, blocks: blocksOf(readFileSync(join(root, path), "utf8"), path) }));
const scratch = mkdtempSync(join(realpathSync(tmpdir()), "peaqos-docs-"));
const devnetDir = join(scratch, "devnet");
let portBase = 0;

beforeAll(async () => {
  // Servers of the devnet run as another user when this one is root: they must be able to come this far.
  mkdirSync(devnetDir, { mode: 0o755 });
  await command("chmod", ["755", scratch]);
  portBase = await freePortBase();
  const start = await npmStart("start", "--detach", "--port-base", String(portBase));
  expect(start.code, start.output).toBe(0);
  writeFileSync(join(scratch, "start.txt"), start.stdout);
}, 180_000);

afterAll(async () => {
  await npmStart("stop");
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

for (const { path, blocks } of pages) {
  if (!blocks.some(({ kind }) => kind === "sh" || kind === "ts" || kind === "json")) continue;
  describe(path, () => {
    let page: ReturnType<typeof openPage>;
    let failed: string | undefined;
    beforeAll(() => {
      page = openPage(scratch, path, devnetDir, {});
    });
    afterAll(() => page.close());
    for (const block of blocks) {
      if (block.kind === "json") {
        test(`line ${block.line}: JSON`, () => void JSON.parse(block.code));
      } else if (block.kind === "sh" || block.kind === "ts") {
        test(`line ${block.line}: ${firstLine(block)}`, { timeout: 180_000 }, async () => {
          expect(failed, "a block before this one failed").toBeUndefined();
          failed = `line ${block.line}`;
          const { code, output, stdout } = await page.run(block);
          expect(code, output).toBe(0);
          failed = undefined;
          if (block.output !== undefined && !matches(block.output, stdout)) {
            expect(stdout.trim(), "the page shows another output").toBe(block.output.trim());
          }
        });
      }
    }
  });
}

test("every TypeScript block type-checks", async () => {
  const sources = pages.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ kind }) => kind === "ts")
      .map(({ line, code }) => ({ name: `${path.replaceAll(/[^\w]+/g, "-")}-line-${line}`, code })),
  );
  expect(await typeProblems(scratch, sources)).toBe("");
});

test("few blocks are shown without being run", () => {
  const notRun = pages.flatMap(({ path, blocks }) =>
    blocks.filter(({ kind }) => kind === "not run").map(({ line, reason }) => `${path}:${line} ${reason}`),
  );
  expect(notRun.length, notRun.join("\n")).toBeLessThanOrEqual(MOST_NOT_RUN);
});

test("links between the pages lead somewhere", () => {
  const dead = pages.flatMap(({ path }) => deadLinks(path));
  expect(dead).toEqual([]);
});

test("every page is in its folder's index", () => {
  const missing = pages
    .map(({ path }) => path)
    .filter((path) => path.startsWith("docs/") && !path.endsWith("README.md"))
    .filter(
      (path) => !readFileSync(join(root, dirname(path), "README.md"), "utf8").includes(`(${basename(path)})`),
    );
  expect(missing).toEqual([]);
});

function npmStart(task: string, ...args: string[]) {
  return command(node, [join(root, "scripts/run.js"), task, "--data-dir", devnetDir, ...args], {
    env: { NO_COLOR: "1" },
  });
}

function firstLine({ code }: Block): string {
  return code.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join(folder, name))
    .sort();
}

/** Relative links of a page whose file does not exist. */
function deadLinks(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(
    (found) => found[1] ?? found[2] ?? "",
  );
  return links
    .filter((link) => !/^[a-z]+:|^#/.test(link))
    .map((link) => join(path, "..", link.replace(/#.*$/, "")))
    .filter((target) => !exists(target))
    .map((target) => `${path} links to ${relative(".", target)}`);
}

function exists(path: string): boolean {
  try {
    realpathSync(join(root, path));
    return true;
  } catch {
    return false;
  }
}
