import { Metadata, status, type CallOptions, type ServiceError } from "@grpc/grpc-js";
import {
  AdminServiceClient,
  type GetNodeResponse,
  type GetStateResponse,
  type GetTopologyResponse,
  type ListKnobsResponse,
} from "@holo-fusion/proto/admin";
import type { AdminApi, KnobView, NodeView, Topology } from "#admin/topology.ts";
import { nodeViewFromWire, topologyFromWire } from "./admin-messages.ts";
import { channelCredentials, channelOptions, type ClientTls } from "./transport-security.ts";

/** A node that could not be asked: not reached, too slow, or unable to answer. One line. */
export class AdminCallFailed extends Error {
  override readonly name = "AdminCallFailed";
}

export interface AdminClientOptions {
  /** `host:port` of the node's gRPC server. */
  readonly target: string;
  readonly timeoutMs: number;
  readonly tls: ClientTls | undefined;
  /** Unix milliseconds now, for deadlines. */
  readonly nowMs: () => number;
}

/** The admin API of a node elsewhere. */
export class AdminClient implements AdminApi {
  readonly #client: AdminServiceClient;
  readonly #options: AdminClientOptions;

  constructor(options: AdminClientOptions) {
    this.#options = options;
    this.#client = new AdminServiceClient(
      options.target,
      channelCredentials(options.tls),
      channelOptions,
    );
  }

  async node(): Promise<NodeView> {
    return nodeViewFromWire(
      await this.#ask<GetNodeResponse>((options, done) =>
        this.#client.getNode({}, new Metadata(), options, done),
      ),
    );
  }

  async topology(): Promise<Topology> {
    const response = await this.#ask<GetTopologyResponse>((options, done) =>
      this.#client.getTopology({}, new Metadata(), options, done),
    );
    return topologyFromWire(response.topology);
  }

  async *watchTopology(options: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<Topology> {
    const call = this.#client.watchTopology({ intervalMs: options.intervalMs });
    const cancel = () => {
      call.cancel();
    };
    options.signal.addEventListener("abort", cancel, { once: true });
    try {
      for await (const response of call) yield topologyFromWire(response.topology);
    } catch (error) {
      if (!options.signal.aborted) throw this.#failure(error);
    } finally {
      options.signal.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  async state(): Promise<string> {
    const response = await this.#ask<GetStateResponse>((options, done) =>
      this.#client.getState({}, new Metadata(), options, done),
    );
    return response.json;
  }

  async knobs(): Promise<readonly KnobView[]> {
    const response = await this.#ask<ListKnobsResponse>((options, done) =>
      this.#client.listKnobs({}, new Metadata(), options, done),
    );
    return response.knobs.map((knob) => ({ ...knob, source: knobSource(knob.source) }));
  }

  close(): void {
    this.#client.close();
  }

  #ask<Response>(
    send: (
      options: Partial<CallOptions>,
      done: (error: ServiceError | null, response: Response) => void,
    ) => unknown,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      send({ deadline: this.#options.nowMs() + this.#options.timeoutMs }, (error, response) => {
        if (error === null) resolve(response);
        else reject(this.#failure(error));
      });
    });
  }

  #failure(error: unknown): AdminCallFailed {
    const { target, timeoutMs } = this.#options;
    const problem = isServiceError(error) ? describe(error, timeoutMs) : String(error);
    return new AdminCallFailed(`${target}: ${problem}`, { cause: error });
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

function describe(error: ServiceError, timeoutMs: number): string {
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return `no answer within ${timeoutMs} ms`;
    case status.UNAVAILABLE:
      return `the node cannot be reached (${error.details})`;
    default:
      return error.details;
  }
}

function knobSource(text: string): KnobView["source"] {
  return text === "environment" || text === "flag" ? text : "default";
}
