import { run } from "../../seller-template/run.ts";
import { createFaultySeller } from "./seller.ts";

await run(createFaultySeller({ port: Number(process.env.SELLER_PORT ?? 8560) }));
