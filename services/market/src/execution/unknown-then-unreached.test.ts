import { afterAll, beforeAll, expect, test } from "vitest";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf } from "../../test/shop.ts";

// Guarantees: after a run whose end nobody knows, the order keeps that run's key until a provider has answered to it,
// also when a retry in between reached nobody. Otherwise the work would be done twice.

let scene: Scene;
beforeAll(async () => {
  scene = await executionScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) =>
  scene.world.market.service.market.database.pool.query(text, values);

test("a retry that reaches nobody does not forget that the work may have been done", async () => {
  const seller = await scene.seller({ id: "svc_unknown" });
  const order = await scene.order("svc_unknown");
  seller.set("cut-after", 3);
  const first = await scene.execute(order.id);
  expect(first.body.order).toMatchObject({
    status: "failed",
    errorMessage: expect.stringContaining("not known"),
  });
  expect(seller.effectsOfOrder(order.id)).toBe(1);
  const { runId } = first.body.order;
  expect((await scene.retry(order.id)).body.item.status).toBe("ready");

  // The provider is away for one call.
  const [{ endpoint }] = (
    await sql("select endpoint from routes where id = (select route_id from market_orders where id = $1)", [
      order.id,
    ])
  ).rows;
  const move = (url: string) =>
    sql(
      `update routes set endpoint = jsonb_set(endpoint, '{url}', to_jsonb($2::text))
       where id = (select route_id from market_orders where id = $1)`,
      [order.id, url],
    );
  await move("http://127.0.0.1:1/echo");
  expect(errorOf(await scene.execute(order.id)).code).toBe("ENDPOINT_UNREACHABLE");
  expect((await scene.read(order.id)).status).toBe("ready");
  await move(endpoint.url);

  const other = await scene.execute(order.id, { body: { input: { text: "something else" } } });
  expect(errorOf(other).reason).toBe("execution_unknown");
  expect((await scene.execute(order.id)).body.order.status).toBe("delivered");
  expect(new Set(seller.calls.map((call) => call.key))).toEqual(new Set([runId]));
  expect(seller.effectsOfOrder(order.id)).toBe(1);
});
