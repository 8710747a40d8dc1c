/**
 * The world as the engine sees it. Everything that is not a pure function of its arguments comes
 * in through one of these ports; `real/` holds them over Node, `sim/` over one seed. Nothing else
 * in the engine touches time, randomness, files or sockets, and lint keeps it so.
 */

/** Ends a timer or a subscription. Calling it twice is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Wall clock, Unix milliseconds; may jump, and differs between nodes. */
  wallMs(): number;
  /** Never goes back; only differences mean anything. Milliseconds with a fraction. */
  monotonicMs(): number;
  /** Wall clock in microseconds since the Unix epoch, for SQL's clock_timestamp(). */
  wallMicros(): bigint;
  after(delayMs: number, run: () => void): Cancel;
  every(periodMs: number, run: () => void): Cancel;
  /** Runs at the end of this turn of the loop, after input that is already here. */
  soon(run: () => void): void;
  /** Resolves after the delay; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets other work run before going on: the way to keep a long computation from holding the loop. */
  yield(): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform in [0, bound). bound is an integer in [1, 2^53). */
  integer(bound: number): number;
  bytes(length: number): Uint8Array;
  /** A random version-4 UUID in its canonical lower-case form. */
  uuid(): string;
}

/** A file opened for positioned reads and writes. */
export interface DiskFile {
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Gathers the parts into one write at offset. A crash may leave any prefix of it. */
  write(offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /** As `write`, and durable when resolved: one way to the disk instead of two. Fails as `sync` does. */
  writeDurably(offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /**
   * Makes all finished writes durable (fdatasync). If it fails, what is on disk is unknown and
   * the process must stop: retrying a failed sync can report success for data that was dropped.
   */
  sync(): Promise<void>;
  /** Reserves space so that later writes inside it change no metadata. */
  allocate(bytes: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** One directory tree that belongs to this node. Paths are relative to its root, with `/`. */
export interface Disk {
  /** Where the tree is, for engines that open files by themselves (LMDB). */
  readonly root: string;
  open(path: string, mode: "create" | "existing"): Promise<DiskFile>;
  /** Names in a directory, sorted; empty when it does not exist. */
  list(directory: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  /** Whole content; undefined when there is no such file. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the file atomically and durably: new file, sync, rename, sync of the directory. */
  replaceFile(path: string, content: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  space(): Promise<DiskSpace>;
}

/**
 * Frames between nodes. A frame may be lost, delayed, duplicated or overtaken; it is never
 * changed. `send` does not block: a peer that cannot be reached loses frames.
 */
export interface Network {
  readonly self: number;
  send(to: number, channel: NetworkChannel, frame: Uint8Array): void;
  /** One receiver per channel; setting it again replaces it. */
  receive(channel: NetworkChannel, handler: (from: number, frame: Uint8Array) => void): void;
  /** Where a node is; replaces what was known. */
  setAddress(node: number, address: string): void;
  /** Called when the way to a peer comes up or goes down, as far as this node can tell. */
  onPeerState(handler: (node: number, state: "connected" | "disconnected") => void): Cancel;
}

/** `raft` carries consensus, `bulk` snapshots, `call` request and response, `liveness` heartbeats. */
export type NetworkChannel = "raft" | "bulk" | "call" | "liveness";

/** A stream of bytes with a client: what pgwire and the health server see of a socket. */
export interface Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** False when the receiver is behind; then wait for onDrain before writing more. */
  write(bytes: Uint8Array): boolean;
  /** Sends what was written, then closes. */
  end(): void;
  destroy(): void;
  /** Stops and resumes reading, for back-pressure on the sender. */
  pause(): void;
  resume(): void;
  /** Holds small writes until uncork, so that one turn leaves in one packet. */
  cork(): void;
  uncork(): void;
  setHandler(handler: ConnectionHandler): void;
  /** Upgrades to TLS as the server; resolves to the encrypted connection. */
  startTls(options: TlsServerOptions): Promise<Connection>;
  readonly isEncrypted: boolean;
}

export interface ConnectionHandler {
  onData(bytes: Uint8Array): void;
  onDrain(): void;
  onClose(error: Error | undefined): void;
}

export interface TlsServerOptions {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly clientCaPem?: string | undefined;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Accepts no more; connections go on. */
  stop(): void;
  /** Accepts no more and destroys the connections that are left. */
  close(): Promise<void>;
}

export interface Sockets {
  /** Rejects with AddressInUse when the port is taken. Port 0 picks a free one. */
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener>;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. Messages are constant text; what varies goes into fields. No secrets, no SQL literals. */
export interface Log {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields. */
  child(fields: LogFields): Log;
}

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Names are Prometheus names; asking twice for one name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** A gauge read when somebody looks. */
  observeGauge(name: string, help: string, read: () => number): void;
  /** A counter kept elsewhere as a plain number, for paths where even `add` would be felt. */
  observeCounter(name: string, help: string, read: () => number): void;
  histogram(
    name: string,
    help: string,
    options?: { readonly labelNames?: readonly string[]; readonly buckets?: readonly number[] },
  ): Histogram;
  /** Prometheus text format. */
  render(): Promise<string>;
}

/** What nearly every component takes. Disk, Network and Sockets go only to those that need them. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /**
   * Stops the process because going on could lose or corrupt data (failed sync, broken
   * invariant). In simulation it crashes the simulated node. Does not return.
   */
  fatal(reason: string, cause?: unknown): never;
}
