import { Client, Metadata, status, type handleUnaryCall, type ServiceError } from "@grpc/grpc-js";
import {
  PeerServiceService,
  type JoinRequest as JoinRequestMessage,
  type JoinResponse as JoinResponseMessage,
} from "@holo-fusion/proto/peer";
import {
  JoinRefused,
  type JoinClient,
  type JoinRefusalReason,
  type JoinRequest,
  type JoinResponse,
  type JoinServer,
} from "#cluster/join.ts";
import type { Clock, Runtime } from "#runtime/ports.ts";
import { channelCredentials, channelOptions, type ClientTls } from "./transport-security.ts";

/** Trailer that carries a refusal's reason; the status code alone is too coarse. */
const reasonKey = "holo-join-refusal";

const reasons: readonly JoinRefusalReason[] = [
  "nodeIdInUse",
  "otherCluster",
  "clockOffset",
  "removed",
  "unavailable",
];

/** Asks a member over a connection of its own. */
export class GrpcJoinClient implements JoinClient {
  readonly #clock: Clock;
  readonly #tls: ClientTls | undefined;
  readonly #timeoutMs: number;

  constructor(
    clock: Clock,
    options: { readonly tls: ClientTls | undefined; readonly timeoutMs: number },
  ) {
    this.#clock = clock;
    this.#tls = options.tls;
    this.#timeoutMs = options.timeoutMs;
  }

  async join(address: string, request: JoinRequest): Promise<JoinResponse> {
    const client = new Client(address, channelCredentials(this.#tls), channelOptions);
    try {
      const response = await new Promise<JoinResponseMessage>((resolve, reject) => {
        client.makeUnaryRequest(
          PeerServiceService.join.path,
          PeerServiceService.join.requestSerialize,
          PeerServiceService.join.responseDeserialize,
          {
            nodeId: request.nodeId,
            grpcAddress: request.addresses.grpc,
            sqlAddress: request.addresses.sql,
            healthAddress: request.addresses.health,
            locality: Object.fromEntries(request.locality),
            version: request.version,
            clusterId: request.clusterId ?? "",
            wallMs: BigInt(Math.round(request.wallMs)),
          },
          new Metadata(),
          { deadline: this.#clock.wallMs() + this.#timeoutMs },
          (error, answer) => {
            if (answer !== undefined) resolve(answer);
            else reject(error === null ? new Error("the member gave no answer") : asRefusal(error));
          },
        );
      });
      return {
        clusterId: response.clusterId,
        peers: response.peers,
        wallMs: Number(response.wallMs),
      };
    } finally {
      client.close();
    }
  }
}

/** The error itself when it is not a refusal. */
function asRefusal(error: ServiceError): Error {
  const name = error.metadata.get(reasonKey)[0];
  const reason = reasons.find((known) => known === name);
  return reason === undefined ? error : new JoinRefused(reason, error.details);
}

/** Answers the same on the member's side. */
export function joinHandler(
  runtime: Runtime,
  server: JoinServer,
): handleUnaryCall<JoinRequestMessage, JoinResponseMessage> {
  return (call, callback) => {
    const { request } = call;
    const asked: JoinRequest = {
      nodeId: request.nodeId,
      addresses: {
        grpc: request.grpcAddress,
        sql: request.sqlAddress,
        health: request.healthAddress,
      },
      locality: new Map(Object.entries(request.locality)),
      version: request.version,
      clusterId: request.clusterId === "" ? undefined : request.clusterId,
      wallMs: Number(request.wallMs),
    };
    server.handleJoin(asked).then(
      (response) => {
        callback(null, {
          clusterId: response.clusterId,
          peers: response.peers.map((peer) => ({ ...peer })),
          wallMs: BigInt(Math.round(response.wallMs)),
        });
      },
      (error: unknown) => {
        if (error instanceof JoinRefused) {
          const metadata = new Metadata();
          metadata.set(reasonKey, error.reason);
          const code =
            error.reason === "unavailable" ? status.UNAVAILABLE : status.FAILED_PRECONDITION;
          callback({ code, details: error.message, metadata });
          return;
        }
        runtime.log.error("a join request failed", { error });
        callback({
          code: status.INTERNAL,
          details: error instanceof Error ? error.message : String(error),
        });
      },
    );
  };
}
