import { RpcCallError, type RpcRequest } from "@peaqos/service-kit";
import { type Batcher, createBatcher } from "../../kit/batcher.ts";
import { type PaymentChain, servesChain } from "./chains.ts";
import {
  type BlockName,
  hex,
  lower,
  need,
  numberOf,
  type Receipt,
  readReceipt,
  type Sender,
  senderIn,
  type TransactionFact,
  transfersIn,
} from "./facts.ts";

/** Asking a payment's chain about transactions, many at once. */

/** What somebody wants to know of a transaction. */
type Question = {
  /** In lower case. */
  readonly hash: string;
  /** A block seen earlier, to be told whether the chain still holds it. */
  readonly since: BlockName | null;
  /** The sender as an earlier look showed it. */
  readonly by: Sender | null;
};

/** Requests that go to the node together, each once however many want to know. */
function createForm(chain: PaymentChain) {
  const requests = new Map<string, RpcRequest>();
  const answers = new Map<string, unknown>();
  const wordOf = (method: string, params: readonly unknown[]) => `${method} ${JSON.stringify(params)}`;
  return {
    add(method: string, params: readonly unknown[]): void {
      requests.set(wordOf(method, params), { method, params });
    },
    async send(): Promise<void> {
      const told = await chain.rpc.batch([...requests.values()]);
      for (const [at, word] of [...requests.keys()].entries()) answers.set(word, told[at]);
    },
    /** @throws RpcCallError when the node refused the request. */
    told(method: string, params: readonly unknown[]): unknown {
      const answer = answers.get(wordOf(method, params));
      if (answer instanceof RpcCallError) throw answer;
      return answer;
    },
  };
}

type Form = ReturnType<typeof createForm>;
type Block = Readonly<Record<string, unknown>> | null | undefined;

const blockAt = (number: bigint) => ["eth_getBlockByNumber", [hex(number), false]] as const;
const receiptOf = (hash: string) => ["eth_getTransactionReceipt", [hash]] as const;
const transactionOf = (hash: string) => ["eth_getTransactionByHash", [hash]] as const;
const noncesOf = ({ sender }: Sender, confirmed: bigint) =>
  ["eth_getTransactionCount", [sender, hex(confirmed)]] as const;

/** What the first form told of one transaction, and what the second asks. */
type Seen = { readonly question: Question; readonly by: Sender | null; readonly receipt: Receipt | null };

/** Looks many transactions up with two requests to the node. A contradiction is the trouble of its transaction alone. */
async function askAll(chain: PaymentChain, questions: readonly Question[]): Promise<TransactionFact[]> {
  const first = createForm(chain);
  first.add("eth_chainId", []);
  first.add("eth_getBlockByNumber", ["latest", false]);
  for (const { hash } of questions) {
    first.add(...receiptOf(hash));
    first.add(...transactionOf(hash));
  }
  await first.send();
  need(
    servesChain(chain.id, first.told("eth_chainId", [])),
    `the node configured for ${chain.id} serves another chain`,
  );
  const newest = first.told("eth_getBlockByNumber", ["latest", false]) as Block;
  const head = numberOf(newest?.number, "newest block");
  // The newest block whose transactions have the confirmations they need.
  const confirmed = head - BigInt(chain.confirmations) + 1n;
  const second = createForm(chain);
  const seen = questions.map((question): Seen | Error => {
    try {
      const answer = first.told(...receiptOf(question.hash));
      const by = senderIn(first.told(...transactionOf(question.hash)), question.hash) ?? question.by;
      if (answer === null || answer === undefined) {
        if (by !== null && confirmed >= 0n) {
          second.add(...noncesOf(by, confirmed));
          second.add(...receiptOf(question.hash));
        }
        return { question, by, receipt: null };
      }
      const receipt = readReceipt(answer, question.hash);
      need(head >= receipt.blockNumber, "the node knows a receipt from beyond its newest block");
      second.add(...blockAt(receipt.blockNumber));
      if (asksSince(question, receipt)) second.add(...blockAt(question.since!.number));
      return { question, by, receipt };
    } catch (error) {
      return error as Error;
    }
  });
  await second.send();
  const memberSets = new Map<Block, ReadonlySet<string>>();
  const membersOf = (block: Block): ReadonlySet<string> => {
    const list = block?.transactions;
    need(Array.isArray(list), "the receipt's block does not hold the transaction");
    const known = memberSets.get(block) ?? new Set(list.map(lower));
    memberSets.set(block, known);
    return known;
  };
  return seen.map((each) => {
    if (each instanceof Error) return trouble(each);
    try {
      return each.receipt === null
        ? unmined(each, confirmed, second)
        : mined(each, each.receipt, { head, confirmed }, second, membersOf);
    } catch (error) {
      return trouble(error);
    }
  });
}

const asksSince = ({ since }: Question, { blockNumber }: Receipt) =>
  since !== null && blockNumber <= since.number;

function unmined({ question, by }: Seen, confirmed: bigint, form: Form): TransactionFact {
  if (by === null || confirmed < 0n) return { kind: "unmined", by, overtaken: false };
  const again = form.told(...receiptOf(question.hash));
  const count = form.told(...noncesOf(by, confirmed));
  return { kind: "unmined", by, overtaken: again === null && numberOf(count, "nonce") > BigInt(by.nonce) };
}

function mined(
  { question, by }: Seen,
  receipt: Receipt,
  { head, confirmed }: { readonly head: bigint; readonly confirmed: bigint },
  form: Form,
  membersOf: (block: Block) => ReadonlySet<string>,
): TransactionFact {
  const block = form.told(...blockAt(receipt.blockNumber)) as Block;
  need(
    lower(block?.hash) === receipt.blockHash && numberOf(block?.number, "block") === receipt.blockNumber,
    "the receipt's block is not on the node's chain",
  );
  need(membersOf(block).has(question.hash), "the receipt's block does not hold the transaction");
  const confirmations = head - receipt.blockNumber + 1n;
  if (receipt.blockNumber > confirmed) return { kind: "unconfirmed", by, confirmations };
  if (receipt.status === "0x0") return { kind: "failed" };
  const sinceBlock = asksSince(question, receipt)
    ? (form.told(...blockAt(question.since!.number)) as Block)
    : null;
  return {
    kind: "mined",
    blockNumber: receipt.blockNumber,
    blockHash: receipt.blockHash,
    blockTime: Number(numberOf(block?.timestamp, "time of the block")),
    transfers: transfersIn(receipt.logs),
    sinceHolds:
      !asksSince(question, receipt) || lower(sinceBlock?.hash) === question.since!.hash.toLowerCase(),
  };
}

const trouble = (error: unknown): TransactionFact => ({
  kind: "trouble",
  message: error instanceof Error ? error.message : String(error),
});

/** With the newest block and the identity of the chain, two requests of each hundred that one call to a node may hold. */
const maxQuestions = 49;
const batchers = new WeakMap<PaymentChain, Batcher<Question, TransactionFact>>();

/** What is asked of a chain while it is being asked goes to the node together. */
function batcherOf(chain: PaymentChain): Batcher<Question, TransactionFact> {
  const known = batchers.get(chain);
  if (known !== undefined) return known;
  const made = createBatcher<Question, TransactionFact>({
    max: maxQuestions,
    concurrency: 4,
    run: async (questions) => (await askAll(chain, questions)).map((value) => ({ value })),
  });
  batchers.set(chain, made);
  return made;
}

/**
 * Looks a transaction up; never rejects.
 *
 * @param hash in lower case.
 * @param question.since a block seen earlier, to be told whether the chain still holds it.
 * @param question.by the sender as an earlier look showed it.
 */
export async function lookUp(
  chain: PaymentChain,
  hash: string,
  question: { readonly since: BlockName | null; readonly by: Sender | null },
): Promise<TransactionFact> {
  try {
    return await batcherOf(chain).add({ hash, ...question });
  } catch (error) {
    return trouble(error);
  }
}
