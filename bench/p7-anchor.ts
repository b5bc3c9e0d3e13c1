import type pg from "pg";
import { type MarketService, priceOf } from "../services/market/src/search/price.ts";
import { policy, type Question, wanted } from "./p7-catalogue.ts";

/**
 * The anchor of P7: the same catalogue in PostgreSQL, the same questions as full-text search with the filters in SQL.
 * Words are put into the document whole (`op:get-latest-price` becomes one lexeme), so that both sides mean the same.
 */
export type Anchor = {
  ask(question: Question): Promise<string[]>;
  close(): Promise<void>;
};

const lexeme = (kind: string, word: string) => `${kind}${word.replaceAll(/[^a-z0-9]/gi, "")}`.toLowerCase();

export async function startAnchor(client: pg.Client, catalogue: readonly MarketService[]): Promise<Anchor> {
  await client.query(`create table services (id text, skill_key text, service_type text, region text,
    price numeric, unit text, body text, document tsvector)`);
  for (let from = 0; from < catalogue.length; from += 5_000) {
    const part = catalogue.slice(from, from + 5_000);
    const column = (pick: (service: MarketService) => unknown) => part.map(pick);
    await client.query(
      `insert into services (id, skill_key, service_type, region, price, unit, body, document)
       select part.*, setweight(to_tsvector('simple', part.body), 'A')
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::text[])
         as part (id, skill_key, service_type, region, price, unit, body)`,
      [
        column((service) => service.id),
        column((service) => service.skillKey),
        column((service) => service.serviceType),
        column((service) => service.region),
        column((service) => priceOf(service)?.amount ?? null),
        column((service) => priceOf(service)?.unit ?? null),
        column((service) =>
          [
            lexeme("type", service.serviceType),
            ...service.operations.map((word) => lexeme("op", word)),
            ...service.capabilities.map((word) => lexeme("cap", word)),
            lexeme("region", service.region),
            service.description,
          ].join(" "),
        ),
      ],
    );
  }
  await client.query("create index services_document on services using gin (document)");
  await client.query("vacuum analyze services");
  return {
    async ask(question) {
      const words = [
        lexeme("type", question.serviceType),
        ...(question.operation === undefined ? [] : [lexeme("op", question.operation)]),
        ...question.requiredCapabilities.map((word) => lexeme("cap", word)),
      ];
      const { rows } = await client.query<{ id: string }>({
        name: "search",
        text: `select id, ts_rank(document, query) + case when region = $3 then 0.05 else 0 end as rank
          from services, to_tsquery('simple', $1) as query
          where document @@ query and not id = any($4) and not skill_key = any($5)
            and (price is null or price = 0 or (unit = 'USD' and price <= $2))
          order by rank desc, price, id limit ${wanted}`,
        values: [
          words.join(" & "),
          question.budget.max,
          question.region,
          policy.deniedServiceIds,
          policy.deniedSkillKeys,
        ],
      });
      return rows.map((row) => row.id);
    },
    close: () => client.end(),
  };
}
