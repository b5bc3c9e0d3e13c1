import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  createMachine,
  createMachineIdentityChallenge,
  getMachine,
  listMachines,
  type Machine,
  updateMachine,
} from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../../engine/errors.ts";
import { block, clean, short, table } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { snake } from "../../scale/shapes.ts";
import { signChallenge } from "../../scale/sign.ts";
import { list as listed, rows, time } from "../../scale/text.ts";
import type * as spec from "./machine.spec.ts";

/** The published order of a machine's keys, ours behind. */
const machineJson = (machine: Machine) => snake(machine);

export const challenge: Handler<typeof spec.challenge> = async ({ flags, settings, ui, io }) => {
  const client = marketContext(await settings(), ui);
  const { item } = await createMachineIdentityChallenge(client, { identityRef: flags["identity-ref"] });
  const file = flags["message-file"];
  if (file !== undefined) await writeFile(resolve(io.cwd, file), item.message);
  ui.note(`sign this text as it is (EIP-191) with ${item.controllerAddresses.join(" or ")}`);
  ui.note(`it is valid until ${time(item.expiresAt)}`);
  return {
    json: snake(item),
    text:
      file === undefined ? item.message.split("\n").map(clean).join("\n") : `Challenge written to ${file}.`,
  };
};

export const onboard: Handler<typeof spec.onboard> = async (context) => {
  const { flags, settings, ui, globals } = context;
  const client = marketContext(await settings(), ui);
  if (flags["identity-key-file"] !== undefined && flags["identity-signature-file"] !== undefined)
    throw usageError({
      message: "--identity-key-file and --identity-signature-file exclude each other",
      value: `${flags["identity-key-file"]} and ${flags["identity-signature-file"]}`,
      rule: "the identity is proven by one of them",
      next: "leave one of them out",
    });
  const steps = flags["skip-activate"] ? 3 : 4;
  ui.step(1, steps, "Requesting identity challenge");
  const identityRef = flags["identity-ref"];
  const { item: asked } = await createMachineIdentityChallenge(client, { identityRef });
  ui.step(2, steps, "Signing identity challenge");
  const { signature } = await signChallenge(context, {
    message: asked.message,
    signers: asked.controllerAddresses,
    keyFile: ["--identity-key-file", flags["identity-key-file"]],
    signatureFile: ["--identity-signature-file", flags["identity-signature-file"]],
    challengeCommand: `peaqos scale machine challenge --identity-ref ${identityRef} --message-file challenge.txt`,
  });
  const body = {
    displayName: flags["display-name"],
    ownerId: flags["owner-id"],
    identityRef,
    machineType: flags["machine-type"],
    runtimeProfile: flags["runtime-profile"],
    ...(flags.capabilities !== undefined && { capabilities: [...flags.capabilities] }),
    ...(flags["skill-keys"] !== undefined && { skillKeys: [...flags["skill-keys"]] }),
    ...(flags.labels !== undefined && { labels: flags.labels }),
    identityProof: { challengeId: asked.challengeId, signature },
  };
  if (!flags.yes && !globals.json && ui.interactive) {
    ui.line(
      block(
        rows(
          ["Identity", identityRef],
          ["Name", body.displayName],
          ["Owner", body.ownerId],
          ["Type", body.machineType],
          ["Runtime", body.runtimeProfile],
          flags.capabilities !== undefined && ["Capabilities", listed(flags.capabilities)],
          flags["skill-keys"] !== undefined && ["Skills", listed(flags["skill-keys"])],
        ),
      ),
    );
    await ui.confirm("Proceed with registration?", "--yes");
  }
  ui.step(3, steps, "Registering machine");
  let { item: machine } = await createMachine(client, body);
  if (!flags["skip-activate"]) {
    ui.step(4, steps, "Activating machine");
    try {
      ({ item: machine } = await updateMachine(client, machine.id, { status: "active" }));
    } catch (error) {
      ui.line(`Machine ${machine.id} is registered and still a draft.`);
      ui.line(`Go on with: peaqos scale machine activate ${machine.id}`);
      throw error;
    }
  }
  return {
    json: machineJson(machine),
    text: `Machine onboarded successfully (${clean(machine.status)}).\n${block([
      ["Machine ID", clean(machine.id)],
      ["Identity", identity(machine)],
      ["Status", clean(machine.status)],
      ["Name", clean(machine.displayName)],
    ])}\n\nNext: peaqos scale agent pair --machine-id ${machine.id} --agent-address 0x... --agent-provider ... --agent-role ...`,
  };
};

export const activate: Handler<typeof spec.activate> = async ({ args: [id], settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const { item } = await updateMachine(client, id, { status: "active" });
  return shown(item);
};

export const status: Handler<typeof spec.status> = async ({ args: [id], settings, ui }) => {
  const client = marketContext(await settings(), ui);
  return shown((await getMachine(client, id)).item);
};

const identity = (machine: Machine) =>
  machine.identityRef === null ? "—" : clean(short(machine.identityRef));

function shown(machine: Machine): Result {
  return {
    json: machineJson(machine),
    text: block(
      rows(
        ["Machine ID", clean(machine.id)],
        ["Display name", clean(machine.displayName)],
        ["Status", clean(machine.status)],
        ["Identity", machine.identityRef === null ? "—" : clean(machine.identityRef)],
        ["Owner", clean(machine.ownerId)],
        ["Type", clean(machine.machineType)],
        ["Runtime", clean(machine.runtimeProfile)],
        machine.capabilities.length > 0 && ["Capabilities", listed(machine.capabilities)],
        machine.skillKeys.length > 0 && ["Skills", listed(machine.skillKeys)],
        ["Created", time(machine.createdAt)],
      ),
    ),
  };
}

export const list: Handler<typeof spec.list> = async ({ flags, settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const items: Machine[] = [];
  let next = flags.cursor;
  do {
    const page = await listMachines(client, { limit: flags.limit, cursor: next });
    items.push(...page.items);
    next = page.nextCursor;
  } while (flags.all && next !== undefined);
  return {
    json: { items: items.map(machineJson), next_cursor: next ?? null },
    text: listText(items, next, flags),
  };
};

function listText(
  items: readonly Machine[],
  next: string | undefined,
  flags: HandlerContext<typeof spec.list>["flags"],
): string {
  if (items.length === 0) return "No machines. `peaqos scale machine onboard` adds one.";
  const text = table(
    [{ title: "ID" }, { title: "Name" }, { title: "Status" }, { title: "Identity" }, { title: "Type" }],
    items.map((each) => [
      clean(each.id),
      clean(each.displayName),
      clean(each.status),
      identity(each),
      clean(each.machineType),
    ]),
  );
  const limit = flags.limit === undefined ? "" : ` --limit ${flags.limit}`;
  const more =
    next === undefined
      ? ""
      : `\nNext page: peaqos scale machine list${limit} --cursor '${clean(next)}'   (or --all)`;
  return `${text}\n\n${items.length} machine(s) ${next === undefined ? "found" : "shown"}.${more}`;
}
