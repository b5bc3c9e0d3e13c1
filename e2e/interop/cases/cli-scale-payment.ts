import assert from "node:assert/strict";
import type { Address } from "viem";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import type { Transfer } from "../market-side.ts";
import { idIn, type ScaleMade, scale } from "./scale.ts";

const PASSPHRASE = "interop passphrase";

export const cliScalePayment = (made: ScaleMade): Group => ({
  title: "CLI 0.0.4: scale order with real payments, status, dispute",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const { services } = side;
    const cli = scale(context, made);
    const rates = () => cli.json("rates", { base: "EUR", quote: "USD" });
    const text = () => cli.json("text", { text: "interop" });
    type Seen = { stdout: string; stderr: string };
    const asked = async (
      orderId: string,
    ): Promise<Transfer & { chain: string; symbol: string; type: string }> => {
      const { rail } = (await side.call("GET", `/market/orders/${orderId}/payment`)).body.item;
      return {
        token: rail.tokenAddress as Address,
        to: rail.payeeAddress as Address,
        units: BigInt(rail.metadata.rawAmount),
        chain: rail.chain,
        symbol: rail.token,
        type: rail.type as string,
      };
    };
    const short = (address: string) => `${address.slice(0, 6)}...${address.slice(-4)}`;
    /** Pays by hand what the program asks for, and pastes the hash. */
    const payer = () => {
      let step = 0;
      let hash: string | undefined;
      let rail: string | undefined;
      const person = async ({ stdout, stderr }: Seen) => {
        if (step === 0 && /Proceed with payment/.test(stdout)) {
          step = 1;
          return "y\n";
        }
        if (step === 1 && /paste the transaction hash/.test(stderr)) {
          step = 2;
          const transfer = await asked(idIn(stderr, "mord"));
          assert.ok(stderr.includes(short(transfer.to)), stderr);
          assert.ok(stderr.includes(short(made.agent!.address)), stderr);
          rail = transfer.type;
          hash = await side.pay(made.agent!, transfer);
          return `${hash}\n`;
        }
        return undefined;
      };
      return { person, hash: () => hash, rail: () => rail };
    };
    /** Signs the transfer first, sends it when the order is there: its hash is known before. */
    const signedAhead = async (transfer: Transfer) => {
      const { hash, send } = await side.signed(made.agent!, transfer);
      let sent = false;
      const person = async ({ stderr }: Seen) => {
        if (!sent && /\[2\/5\]|\[4\/5\]/.test(stderr)) {
          sent = true;
          await send();
        }
        return undefined;
      };
      return { hash, person };
    };
    let paidOrder: string;

    return [
      {
        name: "wallet, paid by hand: what it asks for is transferred for real, the hash pasted, the order executed",
        async run() {
          await cli.ready();
          const hand = payer();
          const ended = await cli.run(cli.order(services.priceFeed, "--input", rates()), {}, hand.person);
          const { stdout, stderr } = exits(ended, 0);
          assert.match(stdout, /Order executed\./);
          assert.deepEqual([figure(stdout, "Status"), figure(stdout, "Payment")], ["delivered", "held"]);
          for (const step of ["[1/5]", "[2/5]", "[3/5]", "[4/5]", "[5/5]"])
            assert.ok(stderr.includes(step), step);
          paidOrder = idIn(stdout, "mord");
          const { body } = await side.call("GET", `/market/orders/${paidOrder}/payment`);
          assert.deepEqual([body.item.status, body.item.proof.transactionHash], ["held", hand.hash()]);
          assert.equal(hand.rail(), "wallet");
          // A transfer found on the chain is called by this name from then on.
          assert.equal(body.item.rail.type, "wdk-usdt-transfer");
        },
      },
      {
        name: "what is to be paid, and to whom, from the screen alone",
        upstream: "0.0.4 prints payer, payee and token shortened: nobody can pay from what it shows",
        async run() {
          const { to } = await asked(paidOrder);
          let seen = "";
          let step = 0;
          const person = async ({ stdout, stderr }: Seen) => {
            seen = stderr;
            if (step === 0 && /Proceed with payment/.test(stdout)) {
              step = 1;
              return "y\n";
            }
            if (step === 1 && /paste the transaction hash/.test(stderr)) {
              step = 2;
              return "not a hash\n";
            }
            return undefined;
          };
          const ended = await cli.run(cli.order(services.priceFeed, "--input", rates()), {}, person);
          assert.match(
            exits(ended, 2).stderr,
            /VALIDATION_ERROR[\s\S]*Check: peaqos scale order status mord_/,
          );
          assert.ok(!seen.includes(to));
        },
      },
      {
        name: "wdk-usdt-transfer chosen by the CLI, the hash given with --payment-tx-hash, --json",
        async run() {
          const service = (await side.call("GET", `/market/services/${services.wdk}`)).body.item;
          const transfer = { token: side.usdt, to: service.payment.payeeAddress, units: 20_000n };
          const ahead = await signedAhead(transfer);
          const args = [
            "--payment-tx-hash",
            ahead.hash,
            "--payment-chain",
            side.chain,
            "--payment-token",
            "USDT",
          ];
          const ended = await cli.run(
            cli.order(services.wdk, "--input", text(), "--yes", ...args),
            {},
            ahead.person,
          );
          const { stdout } = exits(ended, 0);
          const id = idIn(stdout, "mord");
          const { body } = await side.call("GET", `/market/orders/${id}/payment`);
          assert.deepEqual([body.item.status, body.item.rail.type], ["held", "wdk-usdt-transfer"]);
          assert.equal(body.item.proof.transactionHash, ahead.hash);
        },
      },
      {
        name: "wdk-usdt-transfer at the storage seller, paid by hand in USDT, disputed afterwards with evidence",
        async run() {
          const input = cli.json("object", { contentBase64: "aW50ZXJvcCBjbGk=" });
          const ended = await cli.run(cli.order(services.storage, "--input", input), {}, payer().person);
          const id = idIn(exits(ended, 0).stdout, "mord");
          const evidence = cli.json("evidence", { object_id: "sha256:0", seen: { at: "later" } });
          const dispute = [
            "order",
            "dispute",
            id,
            "--reason",
            "  gone  ",
            "--evidence",
            evidence,
            "--pairing-token-file",
            cli.tokenFile(),
            "-y",
          ];
          const disputed = exits(await cli.run([...dispute, "--json"]), 0).stdout;
          const { order, payment, dispute: opened } = JSON.parse(disputed);
          assert.deepEqual(
            [order.status, payment.status, opened.status, opened.reason],
            ["disputed", "frozen", "open", "gone"],
          );
          assert.match(exits(await cli.run(dispute), 2).stderr, /closed/i);
          const shown = exits(await cli.run(["order", "status", id]), 0).stdout;
          assert.match(shown, /disputed/);
          assert.match(shown, /frozen/);
        },
      },
      {
        name: "--skip-payment with a hash: the payment is there from the order's creation",
        async run() {
          const service = (await side.call("GET", `/market/services/${services.priceFeed}`)).body.item;
          const { hash, person } = await signedAhead({
            token: side.usdc,
            to: service.payment.payeeAddress,
            units: 50_000n,
          });
          const args = [
            "--skip-payment",
            "--payment-tx-hash",
            hash,
            "--payment-chain",
            side.chain,
            "--payment-token",
            "USDC",
            "--yes",
          ];
          const { stdout } = exits(
            await cli.run(cli.order(services.priceFeed, "--input", rates(), ...args), {}, person),
            0,
          );
          assert.equal(figure(stdout, "Payment"), "held");
        },
      },
      {
        name: "a wallet of the vault (OWS) pays by itself, --json: transfer, proof, result in one command",
        async run() {
          const before = { ...made };
          const { agent, pairingId, token } = await side.pair(made.machineId!);
          Object.assign(made, { agent, pairingId, token });
          try {
            const env = { PEAQOS_OWS_WALLET: "agent", OWS_PASSPHRASE: PASSPHRASE };
            const key = cli.file("ows.key", `${agent.privateKey}\n`);
            const imported = await cli.peaqos(
              made.user!,
              ["wallet", "import", "agent", "--private-key-file", key, "--json"],
              env,
            );
            assert.ok(exits(imported, 0).stdout.includes(agent.address));
            const ended = await cli.run(cli.order(services.priceFeed, "--input", rates(), "--json"), env);
            const { order, payment, execution } = JSON.parse(exits(ended, 0).stdout);
            assert.deepEqual(
              [order.status, payment.status, execution.status_code],
              ["delivered", "held", 200],
            );
            assert.equal(payment.rail.payer_address, agent.address);
            assert.match(execution.outcome.result.price, /^\d/);
          } finally {
            Object.assign(made, before);
          }
        },
      },
      {
        name: "a transfer that is older than the order pays for nothing: exit 2 names the order and what to do",
        async run() {
          const transfer = await asked(paidOrder);
          const hash = await side.pay(made.agent!, transfer);
          const args = [
            "--payment-tx-hash",
            hash,
            "--payment-chain",
            side.chain,
            "--payment-token",
            "USDC",
            "--yes",
          ];
          const ended = await cli.run(cli.order(services.priceFeed, "--input", rates(), ...args));
          const { stderr } = exits(ended, 2);
          assert.match(stderr, /before the order|older than the order|mined before/i);
          assert.match(stderr, /Check: peaqos scale order status mord_/);
        },
      },
      {
        name: "--yes without a hash",
        upstream:
          "0.0.4 finds out only after order and intent exist that it cannot pay: exit 2, the order stays open",
        async run() {
          const ended = await cli.run(cli.order(services.priceFeed, "--input", rates(), "--yes"));
          const id = idIn(exits(ended, 2).stderr, "mord");
          assert.equal((await side.call("GET", `/market/orders/${id}`)).body.item.status, "payment_pending");
        },
      },
      {
        name: "a payment on a chain that is not behind PEAQOS_RPC_URL",
        upstream: "0.0.4 has no RPC for other chains and no way to name one: exit 2 at the proof",
        async run() {
          const hash = `0x${"ab".repeat(32)}`;
          const args = [
            "--payment-tx-hash",
            hash,
            "--payment-chain",
            "eip155:424242",
            "--payment-token",
            "USDC",
            "--yes",
          ];
          const ended = await cli.run(cli.order(services.far, "--input", text(), ...args));
          assert.match(exits(ended, 2).stderr, /No RPC URL configured for payment chain 'eip155:424242'/);
        },
      },
      {
        name: "offchain-record: no token contract, so no chain is asked; recorded and executed",
        async run() {
          const args = [
            "--payment-tx-hash",
            `0x${"cd".repeat(32)}`,
            "--payment-chain",
            side.chain,
            "--payment-token",
            "EUR",
            "--yes",
          ];
          const { stdout } = exits(await cli.run(cli.order(services.record, "--input", text(), ...args)), 0);
          assert.deepEqual([figure(stdout, "Status"), figure(stdout, "Payment")], ["delivered", "held"]);
        },
      },
      {
        name: "order status, human and --json, and received: the payment goes with the order",
        async run() {
          const shown = exits(await cli.run(["order", "status", paidOrder]), 0).stdout;
          assert.match(shown, /delivered/);
          assert.match(shown, /held/);
          const read = JSON.parse(exits(await cli.run(["order", "status", paidOrder, "--json"]), 0).stdout);
          assert.deepEqual(
            [read.order.id, read.payment.amount, read.payment.rail.rail_type],
            [paidOrder, 0.05, "wdk-usdt-transfer"],
          );
          const received = [
            "order",
            "received",
            paidOrder,
            "--pairing-token-file",
            cli.tokenFile(),
            "--json",
          ];
          const { order, payment } = JSON.parse(exits(await cli.run(received), 0).stdout);
          assert.deepEqual([order.status, payment.status], ["confirmed", "release_pending"]);
          const unknown = await cli.run(["order", "status", "mord_000000000000"]);
          assert.match(exits(unknown, 2).stderr, /mord_000000000000/);
        },
      },
    ];
  },
});
