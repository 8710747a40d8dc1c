import { ChannelCredentials, ServerCredentials, type ChannelOptions } from "@grpc/grpc-js";

/** Certificates for traffic between nodes and for the admin service. All PEM. */
export interface PeerTls {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** The authority whose certificates peers must show: TLS here is always mutual. */
  readonly caPem: string;
}

export function serverCredentials(tls: PeerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(
    Buffer.from(tls.caPem),
    [{ cert_chain: Buffer.from(tls.certificatePem), private_key: Buffer.from(tls.keyPem) }],
    true,
  );
}

/** What a client shows and checks; the key pair may be absent where the server asks for none. */
export interface ClientTls {
  readonly caPem: string;
  readonly certificatePem?: string | undefined;
  readonly keyPem?: string | undefined;
}

export function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  return ChannelCredentials.createSsl(
    Buffer.from(tls.caPem),
    tls.keyPem === undefined ? null : Buffer.from(tls.keyPem),
    tls.certificatePem === undefined ? null : Buffer.from(tls.certificatePem),
  );
}

const messageBytesMax = 64 * 1024 * 1024;

/** The default HTTP/2 window of 64 KB would halve the throughput of one stream at 1 ms distance. */
export const channelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
  "grpc-node.flow_control_window": 4 * 1024 * 1024,
  "grpc-node.max_session_memory": 64,
  "grpc.keepalive_time_ms": 5_000,
  "grpc.keepalive_timeout_ms": 3_000,
  "grpc.enable_http_proxy": 0,
  "grpc.enable_channelz": 0,
  // Each attempt has its own connection: how long to wait before the next one is our decision.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
};

/** With its bookkeeping for channelz off, grpc-js 1.14 does not know its sessions and cannot close them. */
export const serverOptions: ChannelOptions = { ...channelOptions, "grpc.enable_channelz": 1 };
