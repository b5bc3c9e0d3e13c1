import { run } from "../../seller-template/run.ts";
import { paidConfigFromEnvironment } from "../config.ts";
import { createStorageSeller } from "./seller.ts";

await run(createStorageSeller(paidConfigFromEnvironment("storage", 8556, "USDT")));
