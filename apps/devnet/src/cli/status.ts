import { readFileSync } from "node:fs";
import { readDevnetFile } from "../files.ts";
import { parseDataDir } from "../options.ts";
import { runningHolder } from "../running.ts";
import { complain } from "./screen.ts";

const HELP = `Shows whether a devnet runs on a data directory and where its parts are.

Usage: npm run status [-- --data-dir DIR] [--json]

Exit code 0 when it runs, 1 when it does not.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = parseDataDir(args, process.env.INIT_CWD ?? process.cwd(), "npm run status");
    if (options === "help") {
      console.log(HELP);
      return 0;
    }
    const { dataDir, json } = options;
    const holder = runningHolder(dataDir);
    const file = readDevnetFile(dataDir);
    if (!holder) {
      const known = file ? ` Its data is there: npm start${dataDirOption(dataDir)} continues it.` : "";
      console.log(
        json
          ? JSON.stringify({ running: false, data_dir: dataDir })
          : `peaqOS is not running on ${dataDir}.${known}`,
      );
      return 1;
    }
    const ready = file?.pid === holder.pid;
    const block = ready && file ? await blockNumber(file.urls.rpc) : undefined;
    const rating = ready && file?.urls.rating ? await answers(`${file.urls.rating}/ready`) : undefined;
    const market = ready && file ? await answers(`${file.urls.market}/health`) : undefined;
    if (json) {
      const { urls, chain_id } = file ?? {};
      console.log(
        JSON.stringify({
          running: true,
          ready,
          pid: holder.pid,
          started_at: holder.startedAt,
          data_dir: dataDir,
          chain_id,
          urls,
          block,
          rating_ready: rating,
          market_ready: market,
        }),
      );
      return 0;
    }
    console.log(
      [
        `peaqOS ${ready ? "is running" : "is starting"} on ${dataDir}`,
        `  process     ${holder.pid}, since ${holder.startedAt} ("${holder.command}")${memory(holder.pid)}`,
        ...(ready && file
          ? [
              `  home chain  ${file.urls.rpc}  ${block === undefined ? "does not answer" : `block ${block}, chain id ${file.chain_id}`}`,
              ...(file.urls.rating
                ? [`  rating      ${file.urls.rating}  ${rating ? "ready" : "not ready"}`]
                : []),
              `  market      ${file.urls.market}  ${market ? "ready" : "does not answer"}`,
              ...(file.sellers.length > 0
                ? [`  sellers     ${file.sellers.map(({ name }) => name).join(", ")}`]
                : []),
              `  PostgreSQL  127.0.0.1:${file.ports.postgres}`,
              `  machines    ${file.machines.length} seeded`,
            ]
          : []),
      ].join("\n"),
    );
    return 0;
  } catch (error) {
    return complain(error);
  }
}

function dataDirOption(dataDir: string): string {
  return dataDir.endsWith("/.peaqos") ? "" : ` -- --data-dir ${dataDir}`;
}

async function blockNumber(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}',
      signal: AbortSignal.timeout(2_000),
    });
    return Number(((await response.json()) as { result: string }).result);
  } catch {
    return undefined;
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return response?.ok ?? false;
}

/** Linux only. */
function memory(pid: number): string {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes ? `, ${Math.round(Number(kilobytes) / 1024)} MB` : "";
  } catch {
    return "";
  }
}
