import { connect, type Socket } from "node:net";

/** POST requests over keep-alive sockets; written on sockets, because an HTTP client on one core cannot saturate a server. */

export type PostLoad = {
  /** Where to: every request's path is the URL's. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The n-th request. */
  request(n: number): { readonly headers: string; readonly body: string };
  /** Called with every answer's status and body. */
  onAnswer?(status: number, body: string, n: number): void;
};

type Connection = {
  readonly socket: Socket;
  /** The request under way, and when it was due. */
  pending: { n: number; due: number } | null;
};

/**
 * @returns answers a second within the time, and the milliseconds of each answer.
 * @param perSecond requests a second, whether or not answers come (the wait counts from when a request was due);
 *   absent: each connection sends its next request when the answer is there.
 */
export function postLoad(load: PostLoad, perSecond?: number): Promise<{ rate: number; waits: number[] }> {
  const { hostname, port, pathname, host } = new URL(load.url);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const waits: number[] = [];
    const idle: Connection[] = [];
    /** When requests were due that found no free connection. */
    const late: number[] = [];
    let sent = 0;
    let over = false;

    function send(connection: Connection, due: number): void {
      const n = sent++;
      const { headers, body } = load.request(n);
      connection.pending = { n, due };
      connection.socket.write(
        `${head}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        "utf8",
      );
    }

    function answered(connection: Connection, status: number, body: string): void {
      const { n, due } = connection.pending!;
      connection.pending = null;
      waits.push(performance.now() - due);
      load.onAnswer?.(status, body, n);
      if (over) return;
      if (perSecond === undefined) send(connection, performance.now());
      else {
        const next = late.shift();
        if (next === undefined) idle.push(connection);
        else send(connection, next);
      }
    }

    const all = Array.from({ length: load.connections }, () => {
      const socket = connect(Number(port), hostname);
      const connection: Connection = { socket, pending: null };
      let chunks = "";
      let wanted = -1;
      let status = 0;
      socket.setNoDelay(true);
      socket.setEncoding("latin1");
      socket.on("error", (error) => (over ? undefined : reject(error)));
      socket.on("connect", () =>
        perSecond === undefined ? send(connection, performance.now()) : idle.push(connection),
      );
      socket.on("data", (chunk: string) => {
        chunks += chunk;
        if (wanted < 0) {
          const end = chunks.indexOf("\r\n\r\n");
          if (end < 0) return;
          status = Number(chunks.slice(9, 12));
          wanted = end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(chunks)?.[1] ?? 0);
        }
        if (chunks.length < wanted) return;
        const body = chunks.slice(chunks.indexOf("\r\n\r\n") + 4, wanted);
        chunks = chunks.slice(wanted);
        wanted = -1;
        answered(connection, status, body);
      });
      return connection;
    });

    let dueSoFar = 0;
    const pace =
      perSecond === undefined
        ? undefined
        : setInterval(() => {
            const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
            for (; dueSoFar < due; dueSoFar++) {
              const when = started + (dueSoFar / perSecond) * 1_000;
              const free = idle.pop();
              if (free === undefined) late.push(when);
              else send(free, when);
            }
          }, 1);
    setTimeout(() => {
      over = true;
      clearInterval(pace);
      const rate = (waits.length / (performance.now() - started)) * 1_000;
      // What is under way is still read, so that every acknowledgement is counted.
      const finish = setInterval(() => {
        if (all.some((each) => each.pending !== null)) return;
        clearInterval(finish);
        for (const { socket } of all) socket.destroy();
        resolve({ rate, waits });
      }, 5);
    }, load.seconds * 1_000);
  });
}
