import "server-only";
import { readFileSync } from "node:fs";
import { credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { AdminServiceClient } from "@holo-fusion/proto/admin";
import type { NodeAnswer, Topology } from "../../cluster/evidence.ts";
import { nodeAnswerOf, topologyOf } from "./decode.ts";

/** A call to a node that failed, with gRPC's name of the reason and, if the node gave one, its SQLSTATE. */
export class AdminError extends Error {
  readonly grpcStatus: string;
  readonly sqlState: string | undefined;

  constructor(grpcStatus: string, message: string, sqlState: string | undefined) {
    super(message);
    this.name = "AdminError";
    this.grpcStatus = grpcStatus;
    this.sqlState = sqlState;
  }
}

/** The admin service of one node. */
export interface AdminClient {
  readonly address: string;
  /** Rejects with AdminError, at the latest when the deadline has passed. */
  getNode(deadlineMs: number): Promise<NodeAnswer>;
  /** Pushes topologies until stopped; `onEnd` is called once unless `stop` came first. */
  watchTopology(
    intervalMs: number,
    onTopology: (topology: Topology) => void,
    onEnd: (error: AdminError) => void,
  ): { stop(): void };
  close(): void;
}

export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function connectAdmin(address: string, tls: TlsFiles | undefined): AdminClient {
  const client = new AdminServiceClient(
    address,
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(readFileSync(tls.ca), readFileSync(tls.key), readFileSync(tls.cert)),
    {
      // A node that comes back is to be seen within a second, so the wait between attempts stays short.
      "grpc.initial_reconnect_backoff_ms": 200,
      "grpc.min_reconnect_backoff_ms": 200,
      "grpc.max_reconnect_backoff_ms": 900,
      "grpc.max_receive_message_length": 64 * 1024 * 1024,
    },
  );
  return {
    address,

    getNode: (deadlineMs) =>
      new Promise((resolve, reject) => {
        client.getNode(
          {},
          new Metadata(),
          { deadline: Date.now() + deadlineMs },
          (error, response) => {
            if (error !== null) reject(adminErrorOf(error));
            else if (response.node === undefined) {
              reject(new AdminError("DATA_LOSS", "the answer names no node", undefined));
            } else resolve(nodeAnswerOf(response, response.node));
          },
        );
      }),

    watchTopology(intervalMs, onTopology, onEnd) {
      const stream = client.watchTopology({ intervalMs });
      let isOver = false;
      const end = (error: AdminError) => {
        if (isOver) return;
        isOver = true;
        stream.cancel();
        onEnd(error);
      };
      stream.on("data", (response) => {
        if (!isOver && response.topology !== undefined) onTopology(topologyOf(response.topology));
      });
      stream.on("error", (error: ServiceError) => end(adminErrorOf(error)));
      stream.on("end", () => end(new AdminError("OK", "the node ended the stream", undefined)));
      return {
        stop() {
          isOver = true;
          stream.cancel();
        },
      };
    },

    close: () => client.close(),
  };
}

function adminErrorOf(error: ServiceError): AdminError {
  const [sqlState] = error.metadata.get("sqlstate");
  return new AdminError(
    status[error.code] ?? String(error.code),
    error.details,
    sqlState === undefined ? undefined : sqlState.toString(),
  );
}
