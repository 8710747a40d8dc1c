import * as net from "node:net";
import * as tls from "node:tls";
import { AddressInUse } from "#runtime/address-in-use.ts";
import type {
  Connection,
  ConnectionHandler,
  Listener,
  Sockets,
  TlsServerOptions,
} from "#runtime/ports.ts";

/** Above this much unsent, `write` says that the receiver is behind. */
const unsentBytesMax = 256 * 1024;

export class NodeSockets implements Sockets {
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener> {
    const connections = new Set<net.Socket>();
    const server = net.createServer(
      { noDelay: true, pauseOnConnect: true, highWaterMark: unsentBytesMax },
      (socket) => {
        connections.add(socket);
        socket.once("close", () => connections.delete(socket));
        accept(new SocketConnection(socket, false));
      },
    );
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "EADDRINUSE" ? new AddressInUse(address, error) : error);
      });
      server.listen({ host: address.host, port: address.port }, () => {
        const bound = server.address();
        resolve({
          host: address.host,
          port: bound !== null && typeof bound === "object" ? bound.port : address.port,
          stop: () => {
            server.close();
          },
          close: () =>
            new Promise((done) => {
              // Calls back when the last connection is gone, also when it was stopped before.
              server.close(() => {
                done();
              });
              for (const socket of connections) socket.destroy();
            }),
        });
      });
    });
  }
}

/** Reading starts when a handler is set. */
class SocketConnection implements Connection {
  readonly isEncrypted: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: net.Socket;
  #handler: ConnectionHandler | undefined;
  #error: Error | undefined;
  #isClosed = false;

  constructor(socket: net.Socket, isEncrypted: boolean) {
    this.#socket = socket;
    this.isEncrypted = isEncrypted;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  setHandler(handler: ConnectionHandler): void {
    const isFirst = this.#handler === undefined;
    this.#handler = handler;
    if (this.#isClosed) {
      handler.onClose(this.#error);
    } else if (isFirst) {
      this.#socket.on("data", this.#onData);
      this.#socket.on("drain", this.#onDrain);
      this.#socket.resume();
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  startTls(options: TlsServerOptions): Promise<Connection> {
    const plain = this.#socket;
    plain.off("data", this.#onData);
    plain.off("drain", this.#onDrain);
    plain.off("close", this.#onClose);
    plain.off("error", this.#onError);
    this.#handler = undefined;
    return new Promise((resolve, reject) => {
      const encrypted = new tls.TLSSocket(plain, {
        isServer: true,
        cert: options.certificatePem,
        key: options.keyPem,
        ...(options.clientCaPem === undefined
          ? {}
          : { ca: options.clientCaPem, requestCert: true, rejectUnauthorized: true }),
        minVersion: "TLSv1.2",
      });
      const fail = (error?: Error) => {
        plain.destroy();
        reject(error ?? new Error("the client closed the connection during the TLS handshake"));
      };
      const onEarlyClose = () => {
        fail();
      };
      encrypted.once("error", fail);
      encrypted.once("close", onEarlyClose);
      encrypted.once("secure", () => {
        encrypted.off("error", fail);
        encrypted.off("close", onEarlyClose);
        encrypted.pause();
        resolve(new SocketConnection(encrypted, true));
      });
    });
  }

  readonly #onData = (bytes: Uint8Array): void => {
    this.#handler?.onData(bytes);
  };

  readonly #onDrain = (): void => {
    this.#handler?.onDrain();
  };

  readonly #onError = (error: Error): void => {
    this.#error = error;
  };

  readonly #onClose = (): void => {
    this.#isClosed = true;
    this.#handler?.onClose(this.#error);
  };
}
