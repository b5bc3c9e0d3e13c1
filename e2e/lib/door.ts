import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** A way to something that can be shut: whoever stands behind it is gone for everybody who comes through here. */
export type Door = {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
};

/** @param target port on this computer. */
export async function doorTo(target: number): Promise<Door> {
  let server: Server | undefined;
  let port = 0;
  const open = new Set<Socket>();

  async function listen(): Promise<void> {
    server = createServer((client) => {
      const far = dial(target, "127.0.0.1");
      for (const socket of [client, far]) {
        open.add(socket);
        socket.on("error", () => undefined);
        socket.once("close", () => {
          open.delete(socket);
          client.destroy();
          far.destroy();
        });
      }
      client.pipe(far).pipe(client);
    });
    await new Promise<void>((resolve, reject) => {
      server?.once("error", reject);
      server?.listen(port, "127.0.0.1", resolve);
    });
    port = (server.address() as { port: number }).port;
  }

  await listen();
  return {
    get port() {
      return port;
    },
    async shut() {
      const closed = new Promise<void>((resolve) => {
        if (server === undefined) resolve();
        else server.close(() => resolve());
      });
      server = undefined;
      for (const socket of open) socket.destroy();
      await closed;
    },
    open: listen,
  };
}
