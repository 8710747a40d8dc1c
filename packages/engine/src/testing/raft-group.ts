import { assert } from "#base/assert.ts";
import { configurationOf, type Configuration } from "#raft/configuration.ts";
import { decodeConfigurationChange } from "#raft/message-codec.ts";
import type { Entry, Message, PeerId, SnapshotMetadata } from "#raft/message.ts";
import type { RaftLimits, StoreSupport } from "#raft/options.ts";
import { RaftNode } from "#raft/raft-node.ts";
import type { Ready, StorageAppend } from "#raft/ready.ts";
import { MemoryLogStorage } from "./memory-log-storage.ts";

/** The state machine of a test: a list of what was applied, which a snapshot carries as a whole. */
interface Machine {
  readonly appliedIndex: number;
  readonly configuration: Configuration;
  readonly commands: readonly Entry[];
}

export interface GroupOptions {
  readonly limits?: Partial<RaftLimits>;
  readonly randomInteger: (bound: number) => number;
  /** State machines keep what they applied only once they are told to `flush`. */
  readonly flushesLate?: boolean;
  /** By peer; without it, voters go by what they heard lately. */
  readonly supportOf?: (peer: PeerId) => StoreSupport | undefined;
}

/**
 * One replica of a group under test: the raft node, its disk, its state machine, and what was asked of
 * disk and machine and not done yet.
 */
export class GroupMember {
  readonly peer: PeerId;
  readonly storage = new MemoryLogStorage();
  readonly #options: GroupOptions;
  node: RaftNode;
  machine: Machine;
  /** What a restart finds. */
  #durableMachine: Machine;
  appends: StorageAppend[] = [];
  /** Committed entries, handed out and not applied. */
  applies: Entry[] = [];
  /** The data of snapshots that are on their way in, as another channel would have brought them. */
  readonly #arrived = new Map<number, Machine>();

  constructor(peer: PeerId, configuration: Configuration, options: GroupOptions) {
    this.peer = peer;
    this.#options = options;
    this.machine = { appliedIndex: 0, configuration, commands: [] };
    this.#durableMachine = this.machine;
    this.storage.takeSnapshot = () => this.snapshotMetadata();
    this.node = this.#start();
  }

  snapshotMetadata(): SnapshotMetadata | undefined {
    const { appliedIndex: index, configuration } = this.machine;
    const term = this.storage.term(index);
    return term === undefined || index === 0 ? undefined : { index, term, configuration };
  }

  /** Takes a message; for a snapshot, together with the sender's state machine. */
  step(message: Message, sender: GroupMember | undefined): void {
    if (message.kind !== "snapshot") {
      this.node.step(message);
      return;
    }
    const snapshot = sender?.snapshotMetadata();
    if (sender === undefined || snapshot === undefined) return;
    this.#arrived.set(snapshot.index, sender.machine);
    this.node.step({ ...message, snapshot });
  }

  takeReady(): Ready {
    const ready = this.node.ready();
    if (ready.append !== undefined) this.appends.push(ready.append);
    this.applies.push(...ready.committed);
    return ready;
  }

  /** Carries out the oldest appends. */
  finishAppends(count = this.appends.length): void {
    for (const append of this.appends.splice(0, count)) {
      this.storage.append(append);
      if (append.snapshot !== undefined) {
        const machine = this.#arrived.get(append.snapshot.index);
        assert(machine !== undefined, `snapshot ${append.snapshot.index} has no data`);
        this.machine = machine;
        this.flush();
        this.applies = [];
      }
      this.node.storageAppended(append.sequence);
    }
  }

  /** Applies the oldest committed entries. */
  finishApplies(count = this.applies.length): void {
    for (const entry of this.applies.splice(0, count)) {
      assert(
        entry.index === this.machine.appliedIndex + 1,
        `entry ${entry.index} applied after ${this.machine.appliedIndex}`,
      );
      const configuration =
        entry.kind === "configuration"
          ? this.node.applyConfigurationChange(decodeConfigurationChange(entry.command))
          : this.machine.configuration;
      this.machine = {
        appliedIndex: entry.index,
        configuration,
        commands: [...this.machine.commands, entry],
      };
      this.node.applied(entry.index);
    }
    if (this.#options.flushesLate !== true) this.flush();
  }

  /** Makes what is applied durable. */
  flush(): void {
    this.#durableMachine = this.machine;
  }

  /** Starts again from the disk. Unfinished appends are lost, except the oldest `keptAppends`. */
  restart(keptAppends = 0): void {
    for (const append of this.appends.splice(0, keptAppends)) {
      this.storage.append(append);
      if (append.snapshot !== undefined) {
        this.#durableMachine = this.#arrived.get(append.snapshot.index) ?? this.#durableMachine;
      }
    }
    this.machine = this.#durableMachine;
    this.appends = [];
    this.applies = [];
    this.node = this.#start();
  }

  /** Drops entries that a restart does not need. */
  compact(index = this.#durableMachine.appliedIndex): void {
    if (index >= this.storage.firstIndex) this.storage.compact(index);
  }

  #start(): RaftNode {
    return new RaftNode({
      self: this.peer,
      storage: this.storage,
      hardState: this.storage.hardState,
      configuration: this.machine.configuration,
      appliedIndex: this.machine.appliedIndex,
      randomInteger: this.#options.randomInteger,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
      support: this.#options.supportOf?.(this.peer),
    });
  }
}

/** Replicas and the messages between them, moved by hand. */
export class RaftGroup {
  readonly members = new Map<PeerId, GroupMember>();
  inFlight: Message[] = [];
  readonly #options: GroupOptions;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  add(peer: PeerId, voters: readonly PeerId[], learners: readonly PeerId[] = []): GroupMember {
    const member = new GroupMember(peer, configurationOf({ voters, learners }), this.#options);
    this.members.set(peer, member);
    return member;
  }

  member(peer: PeerId): GroupMember {
    const member = this.members.get(peer);
    if (member === undefined) throw new RangeError(`no member ${peer}`);
    return member;
  }

  get leaders(): readonly GroupMember[] {
    return [...this.members.values()].filter((member) => member.node.role === "leader");
  }

  /** Hands a message to its receiver, wherever it came from. */
  deliver(message: Message): void {
    this.members.get(message.to)?.step(message, this.members.get(message.from));
  }

  /** Runs everything that can happen without a tick, with disks and wires that work. */
  settle(): void {
    for (;;) {
      let isBusy = false;
      for (const member of this.members.values()) {
        while (member.node.hasReady() || member.appends.length > 0 || member.applies.length > 0) {
          isBusy = true;
          this.inFlight.push(...member.takeReady().messages);
          member.finishAppends();
          member.finishApplies();
        }
      }
      const messages = this.inFlight;
      this.inFlight = [];
      for (const message of messages) this.deliver(message);
      if (!isBusy && messages.length === 0) return;
    }
  }
}
