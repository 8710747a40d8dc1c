import type { Connection, Listener, Metrics, Sockets } from "#runtime/ports.ts";
import type { HealthMonitor } from "./health-monitor.ts";

/** A request line and headers longer than this are not from a probe. */
const requestBytesMax = 8_192;

interface Answer {
  readonly status: string;
  readonly body: string;
  readonly type?: string;
}

/**
 * `/live`, `/ready`, `/state` and `/metrics` over HTTP/1.1, one request per connection: what probes
 * and scrapers need and nothing else. It runs on the event loop of the node, so that no answer
 * means that the loop does not turn.
 */
export class HealthServer {
  readonly #health: HealthMonitor;
  readonly #metrics: Metrics;
  #listener: Listener | undefined;

  constructor(health: HealthMonitor, metrics: Metrics) {
    this.#health = health;
    this.#metrics = metrics;
  }

  /** Resolves to the port. Rejects with AddressInUse. */
  async listen(
    sockets: Sockets,
    address: { readonly host: string; readonly port: number },
  ): Promise<number> {
    this.#listener = await sockets.listen(address, (connection) => {
      this.accept(connection);
    });
    return this.#listener.port;
  }

  accept(connection: Connection): void {
    let request = "";
    let isAnswered = false;
    connection.setHandler({
      onData: (bytes) => {
        if (isAnswered) return;
        request += Buffer.from(bytes).toString("latin1");
        if (!request.includes("\r\n\r\n") && !request.includes("\n\n")) {
          if (request.length > requestBytesMax) connection.destroy();
          return;
        }
        isAnswered = true;
        this.#answer(request).then(
          (answer) => {
            connection.write(encodeAnswer(answer, request.startsWith("HEAD ")));
            connection.end();
          },
          () => {
            connection.destroy();
          },
        );
      },
      onDrain: () => {},
      onClose: () => {},
    });
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  async #answer(request: string): Promise<Answer> {
    const [method = "", target = ""] = (request.split("\n", 1)[0] ?? "").split(" ");
    if (method !== "GET" && method !== "HEAD") {
      return { status: "405 Method Not Allowed", body: "method-not-allowed\n" };
    }
    const { state, detail } = this.#health;
    switch (target.split("?", 1)[0]) {
      case "/live":
        return { status: "200 OK", body: "live\n" };
      case "/ready":
        return state === "Ready"
          ? { status: "200 OK", body: "ready\n" }
          : { status: "503 Service Unavailable", body: `not-ready (${state})\n` };
      case "/":
      case "/state":
        return { status: "200 OK", body: `state=${state}\ndetail=${detail}\n` };
      case "/metrics":
        return {
          status: "200 OK",
          type: "text/plain; version=0.0.4; charset=utf-8",
          body: await this.#metrics.render(),
        };
      default:
        return { status: "404 Not Found", body: "not-found\n" };
    }
  }
}

function encodeAnswer(answer: Answer, isHead: boolean): Uint8Array {
  const body = Buffer.from(answer.body);
  const head = [
    `HTTP/1.1 ${answer.status}`,
    `Content-Type: ${answer.type ?? "text/plain; charset=utf-8"}`,
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "Connection: close",
    "\r\n",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), isHead ? new Uint8Array(0) : body]);
}
