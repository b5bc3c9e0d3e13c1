import { connect } from "node:net";

/**
 * Requests a second that a server answers to `connections` keep-alive connections, each sending its next request
 * when the answer is there. Written on sockets, because an HTTP client on one core cannot saturate the server.
 *
 * @throws Error when an answer is not 200.
 */
export function requestsPerSecond(
  url: string,
  options: { readonly connections: number; readonly seconds: number },
): Promise<number> {
  const { hostname, port, pathname, host } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept: */*\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let answered = 0;
    let over = false;
    const started = performance.now();
    const sockets = Array.from({ length: options.connections }, () => {
      const socket = connect(Number(port), hostname);
      let pending = "";
      socket.setEncoding("latin1");
      socket.on("connect", () => socket.write(request));
      socket.on("error", (error) => (over ? undefined : reject(error)));
      socket.on("data", (chunk: string) => {
        pending += chunk;
        const head = pending.indexOf("\r\n\r\n");
        if (head < 0) return;
        const length = Number(pending.slice(0, head).match(/\r\ncontent-length: (\d+)/i)?.[1] ?? 0);
        if (pending.length < head + 4 + length) return;
        if (!pending.startsWith("HTTP/1.1 200")) {
          reject(new Error(`${url} answered ${pending.slice(0, 200)}`));
          return;
        }
        pending = pending.slice(head + 4 + length);
        answered++;
        if (!over) socket.write(request);
      });
      return socket;
    });
    setTimeout(() => {
      over = true;
      const rate = (answered / (performance.now() - started)) * 1000;
      for (const socket of sockets) socket.destroy();
      resolve(rate);
    }, options.seconds * 1000);
  });
}
