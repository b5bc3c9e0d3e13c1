/** Parts of the SDK that need Node (`@peaqos/peaq-os-sdk/node`). */
export { fileJournal } from "./node/file-journal.ts";
