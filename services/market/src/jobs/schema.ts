/** Work that leaves the process: chain, providers, deadlines. */
export const jobsSchema = `
create table jobs (
  id text primary key,
  kind text not null,
  machine_id text,
  payload jsonb not null,
  run_at timestamptz not null,
  attempts int not null default 0,
  locked_until timestamptz,
  done_at timestamptz,
  result jsonb,
  created_at timestamptz not null
);
create index jobs_open on jobs (run_at) where done_at is null;
create index jobs_done on jobs (done_at) where done_at is not null;
`;
