import { expect, test } from "vitest";
import { ratingFixture, register, submit, until } from "./fixture.ts";

test("a registered machine is rated as soon as its block is there", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "first");
  const first = await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.status === 200,
  );
  expect(first.body).toMatchObject({
    machine_id: Number(machine.id),
    mcr: "Provisioned",
    bond_status: "bonded",
    event_count: 0,
  });
  await submit(chain, machine, { type: 0, value: 1234n });
  const second = await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.body.event_count === 1,
  );
  expect(second.body).toMatchObject({
    total_revenue: 1234,
    average_revenue_per_event: 1234,
    revenue_event_count: 1,
  });
});
