import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { ChallengeFields, ChallengePurpose } from "./message.ts";

/** Statements of the challenges. */

type Queryable = Pool | PoolClient;

export type ChallengeRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly purpose: ChallengePurpose;
  readonly subject: string;
  readonly fields: ChallengeFields;
  readonly issuer: string;
  readonly nonce: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly wrong_signatures: number;
};

const columns =
  "id, tenant_id, purpose, subject, fields, issuer, nonce, issued_at, expires_at, used_at, wrong_signatures";

export async function insertChallenge(client: PoolClient, row: ChallengeRow): Promise<void> {
  await client.query(
    `insert into identity_challenges (id, tenant_id, purpose, subject, fields, issuer, nonce, issued_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      row.id,
      row.tenant_id,
      row.purpose,
      row.subject,
      JSON.stringify(row.fields),
      row.issuer,
      row.nonce,
      row.issued_at,
      row.expires_at,
    ],
  );
}

/** The newest one that is neither used nor void and lives beyond a time. */
export async function findPending(
  client: PoolClient,
  tenantId: string,
  subject: string,
  livesBeyond: Date,
  maxWrong: number,
): Promise<ChallengeRow | undefined> {
  const { rows } = await client.query<ChallengeRow>(
    `select ${columns} from identity_challenges
     where tenant_id = $1 and subject = $2 and expires_at >= $3 and used_at is null and wrong_signatures < $4
     order by expires_at desc, id limit 1`,
    [tenantId, subject, livesBeyond, maxWrong],
  );
  return rows[0];
}

export async function findChallenge(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<ChallengeRow | undefined> {
  const { rows } = await guarded(() =>
    client.query<ChallengeRow>(
      `select ${columns} from identity_challenges where id = $2 and tenant_id = $1`,
      [tenantId, id],
    ),
  );
  return rows[0];
}

export async function countWrong(client: Queryable, id: string): Promise<void> {
  await guarded(() =>
    client.query("update identity_challenges set wrong_signatures = wrong_signatures + 1 where id = $1", [
      id,
    ]),
  );
}

/** @returns false when it was used, void or too old by now. */
export async function use(
  client: PoolClient,
  tenantId: string,
  id: string,
  now: Date,
  maxWrong: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update identity_challenges set used_at = $3
     where id = $2 and tenant_id = $1 and used_at is null and expires_at > $3 and wrong_signatures < $4`,
    [tenantId, id, now, maxWrong],
  );
  return rowCount === 1;
}
