import type { NodeId } from "#base/ids.ts";
import { nodeKey, nodeSpan } from "#base/keys.ts";
import type { Cancel, Disk, Network, Runtime } from "#runtime/ports.ts";
import type { LivenessTable } from "./liveness-table.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord } from "./node-record.ts";
import type { SystemRecords } from "./system-records.ts";

const peersFile = "peers";
const refreshMs = 2_000;

export interface MembersOptions {
  readonly runtime: Runtime;
  readonly self: NodeRecord;
  readonly disk: Disk;
  readonly network: Network;
  readonly liveness: LivenessTable;
}

/**
 * Who belongs to the cluster: a copy of the node records of the system keyspace, read again now and
 * then and whenever somebody unknown is heard. The addresses are also kept in a file, so that a node
 * that starts again finds the others before it can read any range.
 */
export class Members {
  readonly #options: MembersOptions;
  readonly #records = new Map<NodeId, NodeRecord>();
  /** Other nodes whose address is known; some before their record is. */
  readonly #reachable = new Set<NodeId>();
  readonly #handlers = new Set<() => void>();
  readonly #stops: Cancel[] = [];
  readonly #abort = new AbortController();
  #system: SystemRecords | undefined;
  #refreshing: Promise<void> | undefined;
  #peersWritten = "";

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#records.set(options.self.nodeId, options.self);
  }

  /** In the order of their numbers; always with this node. */
  get all(): readonly NodeRecord[] {
    return [...this.#records.values()].sort((a, b) => a.nodeId - b.nodeId);
  }

  find(nodeId: NodeId): NodeRecord | undefined {
    return this.#records.get(nodeId);
  }

  /** Nodes other than this one, those that were heard from lately first. */
  get peers(): readonly NodeId[] {
    const { liveness } = this.#options;
    return [...this.#reachable].sort(
      (a, b) => Number(liveness.isLive(b)) - Number(liveness.isLive(a)) || a - b,
    );
  }

  onChange(handler: () => void): Cancel {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  start(system: SystemRecords): void {
    const { runtime, liveness } = this.#options;
    this.#system = system;
    this.#stops.push(
      runtime.clock.every(refreshMs, () => {
        void this.refresh();
      }),
      liveness.onHeard((node) => {
        if (!this.#records.has(node)) void this.refresh();
      }),
    );
    void this.#announceSelf().then(() => this.refresh());
  }

  close(): void {
    this.#abort.abort(new Error("the node stops"));
    for (const stop of this.#stops) stop();
  }

  /** An address is known before the record is: from the join, or from the file. */
  learnAddress(nodeId: NodeId, grpcAddress: string): void {
    if (nodeId === this.#options.self.nodeId) return;
    this.#reachable.add(nodeId);
    this.#options.network.setAddress(nodeId, grpcAddress);
    this.#options.liveness.addRecipient(nodeId);
  }

  async loadPeers(): Promise<void> {
    const content = await this.#options.disk.readFile(peersFile);
    if (content === undefined) return;
    for (const line of Buffer.from(content).toString("utf8").split("\n")) {
      const [nodeId, address] = line.split(" ");
      if (nodeId !== undefined && address !== undefined) this.learnAddress(Number(nodeId), address);
    }
  }

  async savePeers(
    peers: readonly { readonly nodeId: NodeId; readonly grpcAddress: string }[],
  ): Promise<void> {
    const text = peers.map(({ nodeId, grpcAddress }) => `${nodeId} ${grpcAddress}\n`).join("");
    if (text === this.#peersWritten) return;
    await this.#options.disk.replaceFile(peersFile, Buffer.from(text));
    this.#peersWritten = text;
  }

  /** One at a time; who asks while one runs gets that one. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#options.runtime.log.debug("node records not read", { error });
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    if (this.#system === undefined) return;
    const { self } = this.#options;
    const records = await this.#system.readAll(nodeSpan, this.#abort.signal);
    let hasChanged = false;
    for (const { value } of records) {
      const record = decodeNodeRecord(value);
      const known = this.#records.get(record.nodeId);
      if (known !== undefined && isSameRecord(known, record)) continue;
      hasChanged = true;
      this.#records.set(record.nodeId, record);
      this.learnAddress(record.nodeId, record.addresses.grpc);
    }
    const others = this.all.filter(({ nodeId }) => nodeId !== self.nodeId);
    await this.savePeers(
      others.map(({ nodeId, addresses }) => ({ nodeId, grpcAddress: addresses.grpc })),
    );
    if (hasChanged) for (const handler of this.#handlers) handler();
  }

  /** Writes this node's own record when it is not what the cluster knows: until that has worked. */
  async #announceSelf(): Promise<void> {
    const { runtime, self } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#system?.update(
          nodeKey(self.nodeId),
          (value) => {
            const known = value === undefined ? undefined : decodeNodeRecord(value);
            const record = { ...self, membership: known?.membership ?? self.membership };
            if (known !== undefined && isSameRecord(known, record)) return undefined;
            return encodeNodeRecord(record);
          },
          signal,
        );
        return;
      } catch (error) {
        if (signal.aborted) return;
        runtime.log.debug("own node record not written yet", { error });
      }
      await runtime.clock.sleep(refreshMs, signal).catch(() => {});
    }
  }
}

function isSameRecord(a: NodeRecord, b: NodeRecord): boolean {
  return Buffer.compare(encodeNodeRecord(a), encodeNodeRecord(b)) === 0;
}
