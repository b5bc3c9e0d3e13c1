import { deployTo, devnetKey } from "@peaqos/devnet";
import { startChain } from "@peaqos/devnet/chain";
import { privateKeyToAccount } from "viem/accounts";

/**
 * A chain in a process of its own, so that it can have a core of its own. Arguments: a data directory ("" for a
 * chain that nothing keeps) and the names of accounts to fund. Ends when its standard input closes.
 */
const [dataDir, ...accounts] = process.argv.slice(2);
const chain = await startChain(dataDir ? { dataDir } : {});
const deployment = chain.fresh ? await deployTo(chain) : undefined;
if (chain.fresh)
  for (const name of accounts) {
    const { address } = privateKeyToAccount(devnetKey(`test ${name}`));
    await chain.admin("anvil_setBalance", [address, `0x${(10n ** 24n).toString(16)}`]);
  }
const { url, adminFlag, chainId } = chain;
console.log(JSON.stringify({ url, adminFlag, chainId, deployment }));
process.stdin.resume().on("end", async () => {
  await chain.stop();
  process.exit(0);
});
