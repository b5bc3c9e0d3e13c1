export { freePort, portTaken } from "./ports.ts";
