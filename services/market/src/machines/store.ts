import type { machineSchema } from "@peaqos/protocol/market";
import type { z } from "zod";

export type Machine = z.output<typeof machineSchema>;

export type MachineRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly display_name: string;
  readonly status: Machine["status"];
  readonly owner_id: string;
  readonly identity_ref: string | null;
  readonly identity_proof: Machine["identityProof"];
  readonly machine_type: string;
  readonly runtime_profile: string;
  readonly capabilities: string[];
  readonly labels: Record<string, string>;
  readonly policy_ids: string[];
  readonly skill_keys: string[];
  readonly created_at: Date;
  readonly updated_at: Date;
};
