import {
  logVerbosity,
  Server,
  setLogVerbosity,
  type handleBidiStreamingCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PeerServiceService } from "@holo-fusion/proto/peer";
import { AddressInUse } from "#runtime/address-in-use.ts";
import { serverOptions, serverCredentials, type PeerTls } from "./transport-security.ts";

const identity = (bytes: Buffer): Buffer => bytes;

/** PeerService with Exchange's messages left as bytes: their codec is exchange-envelope.ts. */
const peerService: ServiceDefinition = {
  ...PeerServiceService,
  exchange: {
    ...PeerServiceService.exchange,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
};

/** The node's one gRPC port: peers and operators. */
export class RpcServer {
  readonly #server: Server;

  constructor() {
    // What goes wrong is thrown or reported to callers; the library must not write to stderr beside that.
    setLogVerbosity(logVerbosity.NONE);
    this.#server = new Server(serverOptions);
  }

  addPeerService(handlers: {
    readonly exchange: handleBidiStreamingCall<Buffer, Buffer>;
    readonly join: UntypedServiceImplementation["join"];
  }): void {
    this.#server.addService(peerService, { exchange: handlers.exchange, join: handlers.join });
  }

  addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(service, implementation);
  }

  /** Resolves to the port, the real one when 0 was asked for. Rejects with AddressInUse. */
  listen(
    address: { readonly host: string; readonly port: number },
    tls: PeerTls | undefined,
  ): Promise<number> {
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(
        `${host}:${address.port}`,
        serverCredentials(tls),
        (error, boundPort) => {
          if (error === null) resolve(boundPort);
          else if (/EADDRINUSE/.test(error.message)) reject(new AddressInUse(address, error));
          else reject(error);
        },
      );
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
