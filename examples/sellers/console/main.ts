import { configFromEnvironment, run } from "../../seller-template/run.ts";
import { createConsoleSeller } from "./seller.ts";

await run(createConsoleSeller(configFromEnvironment("console", 8558)));
