import { testChain } from "@peaqos/testkit";

/** A chain in a process of its own, so that it can have a core of its own. Ends when its standard input closes. */
const chain = await testChain();
for (const name of process.argv.slice(2)) await chain.account(name, 10n ** 24n);
const { url, adminFlag, chainId, deployment } = chain;
console.log(JSON.stringify({ url, adminFlag, chainId, deployment }));
process.stdin.resume().on("end", async () => {
  await chain.stop();
  process.exit(0);
});
