import {
  status,
  type handleServerStreamingCall,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import {
  AdminServiceService,
  type AdminServiceServer,
  type WatchTopologyRequest,
  type WatchTopologyResponse,
} from "@holo-fusion/proto/admin";
import type { AdminApi } from "#admin/topology.ts";
import type { Runtime } from "#runtime/ports.ts";
import { nodeViewToWire, topologyToWire } from "./admin-messages.ts";

const watchIntervalMsDefault = 1_000;
const watchIntervalMsMin = 200;
const watchIntervalMsMax = 60_000;

export const adminService = AdminServiceService;

/** AdminService over an AdminApi. `api` is asked for with each call: it exists once the node has joined. */
export function adminHandlers(
  runtime: Runtime,
  api: () => AdminApi | undefined,
): AdminServiceServer {
  const requireApi = (): AdminApi => {
    const found = api();
    if (found === undefined) throw new Error("the node is still starting");
    return found;
  };
  const unary =
    <Request, Response>(answer: (api: AdminApi) => Promise<Response>) =>
    (_call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      Promise.resolve()
        .then(() => answer(requireApi()))
        .then(
          (response) => {
            callback(null, response);
          },
          (error: unknown) => {
            callback(asStatus(error, api() !== undefined));
          },
        );
    };
  return {
    getNode: unary(async (admin) => nodeViewToWire(await admin.node())),
    getTopology: unary(async (admin) => ({ topology: topologyToWire(await admin.topology()) })),
    getState: unary(async (admin) => ({ json: await admin.state() })),
    listKnobs: unary(async (admin) => ({
      knobs: (await admin.knobs()).map((knob) => ({ ...knob })),
    })),
    watchTopology: watchHandler(runtime, requireApi),
  };
}

function watchHandler(
  runtime: Runtime,
  requireApi: () => AdminApi,
): handleServerStreamingCall<WatchTopologyRequest, WatchTopologyResponse> {
  return (call) => {
    const ending = new AbortController();
    const end = () => {
      ending.abort();
    };
    call.on("cancelled", end);
    call.on("close", end);
    call.on("error", end);
    const asked = call.request.intervalMs || watchIntervalMsDefault;
    const intervalMs = Math.min(Math.max(asked, watchIntervalMsMin), watchIntervalMsMax);
    const push = async (): Promise<void> => {
      const pushes = requireApi().watchTopology({ intervalMs, signal: ending.signal });
      for await (const topology of pushes) {
        if (ending.signal.aborted) break;
        if (!call.write({ topology: topologyToWire(topology) })) await drained(call, ending.signal);
      }
    };
    push().then(
      () => {
        call.end();
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        runtime.log.warn("a topology watch ended on an error", { error });
        call.emit("error", asStatus(error, true));
      },
    );
  };
}

/** A watcher that is behind is not pushed to; it gets the newest topology when it has caught up. */
function drained(
  call: { once(event: "drain", handler: () => void): unknown },
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    call.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function asStatus(
  error: unknown,
  isStarted: boolean,
): { readonly code: status; readonly details: string } {
  return {
    code: isStarted ? status.INTERNAL : status.UNAVAILABLE,
    details: error instanceof Error ? error.message : String(error),
  };
}
