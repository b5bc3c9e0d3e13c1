import { readFileSync } from "node:fs";

/** What the demo has to know of the file; the rows themselves are the import command's business. */
export type Sessions = {
  rows: number;
  stations: readonly { id: string; sessions: number; paid: number }[];
  paid: number;
  /** Local time without a zone, taken as UTC: Unix seconds of the newest end of a session. */
  lastEnd: number;
};

export function readSessions(path: string): Sessions {
  const [header = "", ...lines] = readFileSync(path, "utf8").trim().split("\n");
  const names = header.split(",");
  const column = (name: string) => {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`${path}: there is no column ${name} (columns: ${names.join(", ")})`);
    return index;
  };
  const [station, end, dollars] = [column("station_id"), column("ended_at"), column("dollars")];
  const stations = new Map<string, { id: string; sessions: number; paid: number }>();
  let paid = 0;
  let lastEnd = 0;
  for (const line of lines) {
    const cells = line.split(",");
    const id = cells[station]!;
    const known = stations.get(id) ?? { id, sessions: 0, paid: 0 };
    stations.set(id, known);
    known.sessions += 1;
    if (Number(cells[dollars]) > 0) {
      known.paid += 1;
      paid += 1;
    }
    lastEnd = Math.max(lastEnd, Date.parse(`${cells[end]!.replace(" ", "T")}Z`) / 1000);
  }
  return { rows: lines.length, stations: [...stations.values()], paid, lastEnd };
}
