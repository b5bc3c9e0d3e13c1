import { connect } from "node:net";

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
  send(headers: string, body: string): void;
  end(): void;
  /** The request under way, and when it was due. */
  pending: { n: number; due: number } | null;
};

/**
 * Sends a number of requests, each to the URL it names, with so many under way at a time, and resolves when all are
 * answered.
 */
export function postAll(options: {
  readonly urls: readonly string[];
  readonly connections: number;
  readonly count: number;
  /** `to`: which of the URLs. */
  request(n: number): { readonly to: number; readonly headers: string; readonly body: string };
  onAnswer(status: number, body: string, n: number): void;
}): Promise<void> {
  const { urls, count } = options;
  const each = Math.ceil(options.connections / urls.length);
  const queues = urls.map((): number[] => []);
  const requests = Array.from({ length: count }, (_, n) => {
    const request = options.request(n);
    queues[request.to]!.push(n);
    return request;
  });
  const workers = urls.flatMap((url, to) =>
    Array.from(
      { length: each },
      () =>
        new Promise<void>((resolve, reject) => {
          const queue = queues[to]!;
          let current: number | undefined;
          const connection = openConnection(
            url,
            (status, body) => {
              options.onAnswer(status, body, current!);
              next();
            },
            reject,
          );
          function next(): void {
            current = queue.shift();
            if (current === undefined) {
              connection.end();
              resolve();
              return;
            }
            connection.send(requests[current]!.headers, requests[current]!.body);
          }
          next();
        }),
    ),
  );
  return Promise.all(workers).then(() => undefined);
}

/** One keep-alive connection, one request at a time. */
function openConnection(
  url: string,
  onAnswer: (status: number, body: string) => void,
  onError: (error: Error) => void,
): { send(headers: string, body: string): void; end(): void } {
  const { hostname, port, pathname, host } = new URL(url);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  const socket = connect(Number(port), hostname);
  let chunks = "";
  let wanted = -1;
  let status = 0;
  socket.setNoDelay(true);
  socket.setEncoding("latin1");
  socket.on("error", onError);
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
    onAnswer(status, body);
  });
  return {
    send: (headers, body) =>
      void socket.write(`${head}${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, "utf8"),
    end: () => void socket.destroy(),
  };
}

/**
 * @returns answers a second within the time, and the milliseconds of each answer.
 * @param perSecond requests a second, whether or not answers come (the wait counts from when a request was due);
 *   absent: each connection sends its next request when the answer is there.
 */
export function postLoad(load: PostLoad, perSecond?: number): Promise<{ rate: number; waits: number[] }> {
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
      connection.send(headers, body);
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
      const open = openConnection(
        load.url,
        (status, body) => answered(connection, status, body),
        (error) => (over ? undefined : reject(error)),
      );
      const connection: Connection = { ...open, pending: null };
      if (perSecond === undefined) send(connection, performance.now());
      else idle.push(connection);
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
        for (const { end } of all) end();
        resolve({ rate, waits });
      }, 5);
    }, load.seconds * 1_000);
  });
}
