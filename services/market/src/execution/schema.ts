/**
 * The circuit of each seller, by the origin of its endpoint, shared by all replicas: a seller that is down is down for
 * all of them. A row exists only while a seller fails, so a healthy market writes nothing here.
 */
export const executionSchema = `
create table seller_circuits (
  origin text primary key,
  -- Transport failures in a row.
  failures int not null,
  -- How often it has opened in a row; the pause doubles each time.
  opened int not null,
  -- No request before this time; then one probe. Null: closed.
  open_until timestamptz,
  updated_at timestamptz not null
);
`;
