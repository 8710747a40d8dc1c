import { assert } from "#base/assert.ts";
import type { Timestamp } from "#base/hlc.ts";
import type { RangeId } from "#base/ids.ts";
import { equalConfigurations } from "#raft/configuration.ts";
import { decodeConfigurationChange } from "#raft/message-codec.ts";
import type { Entry } from "#raft/message.ts";
import type { RaftNode } from "#raft/raft-node.ts";
import type { Apply, Store } from "#storage/store.ts";
import type { WriteBatch } from "#storage/write-batch.ts";
import { decodeCommand, type LeaseCommand, type WriteCommand } from "./command.ts";
import type { Proposals } from "./proposals.ts";
import { decodeRangeDescriptor } from "./range-descriptor.ts";
import {
  descriptorWrites,
  leaseAppliedIndexWrites,
  leaseWrites,
  withRoles,
  type ReplicaState,
} from "./replica-state.ts";

/** What an entry changed, once it is in the store. */
export type Applied =
  | { readonly kind: "writes"; readonly timestamp: Timestamp }
  | { readonly kind: "lease"; readonly state: ReplicaState }
  | { readonly kind: "members"; readonly state: ReplicaState };

export interface ApplierOptions {
  readonly rangeId: RangeId;
  readonly store: Store;
  readonly raft: RaftNode;
  readonly proposals: Proposals;
  readonly state: () => ReplicaState | undefined;
  readonly onApplied: (applied: Applied) => void;
  /** The queue ran empty after an entry that took several turns. */
  readonly onDrained: () => void;
}

/** Batches larger than this go to the store in slices. */
const writesPerSlice = 1_000;

/**
 * Applies committed entries in order. What an entry does depends on it and on what was applied before,
 * and on nothing else: every replica comes to the same state.
 */
export class Applier {
  readonly #options: ApplierOptions;
  #queue: Entry[] = [];
  #isBusy = false;
  #isStopped = false;
  #leaseAppliedIndex: number;
  #idle: (() => void)[] = [];

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#leaseAppliedIndex = options.state()?.leaseAppliedIndex ?? 0;
  }

  apply(entries: readonly Entry[]): void {
    this.#queue.push(...entries);
    if (!this.#isBusy) this.#drain();
  }

  /** Resolves when nothing is queued. */
  idle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Applies nothing more: the replica is closed, or its range has no such replica any longer. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
  }

  /** The state was replaced by a snapshot. */
  reset(leaseAppliedIndex: number): void {
    this.#leaseAppliedIndex = leaseAppliedIndex;
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const [at, entry] of queue.entries()) {
      if (this.#isStopped) return;
      const slices = this.#applyEntry(entry);
      if (slices === undefined) continue;
      this.#queue = queue.slice(at + 1);
      this.#isBusy = true;
      void slices.then(() => {
        this.#isBusy = false;
        this.#drain();
        this.#options.onDrained();
      });
      return;
    }
    const last = queue.at(-1);
    if (last !== undefined) this.#options.raft.applied(last.index);
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** A promise when the entry is large and takes several turns. */
  #applyEntry(entry: Entry): Promise<void> | undefined {
    if (entry.kind === "configuration") {
      this.#applyMembers(entry);
      return undefined;
    }
    if (entry.command.length === 0) {
      this.#toStore({ rangeId: this.#options.rangeId, appliedIndex: entry.index });
      this.#options.proposals.applied(entry, false);
      return undefined;
    }
    const batch = this.#options.proposals.batchOf(entry);
    const command = decodeCommand(entry.command, batch);
    if (command.kind === "lease") {
      this.#applyLease(entry, command);
      return undefined;
    }
    return this.#applyWrites(entry, command);
  }

  #applyWrites(entry: Entry, command: WriteCommand): Promise<void> | undefined {
    const { rangeId } = this.#options;
    const isCurrent =
      command.leaseSequence === this.#state.lease.sequence &&
      command.leaseAppliedIndex > this.#leaseAppliedIndex;
    if (!isCurrent) {
      this.#toStore({ rangeId, appliedIndex: entry.index });
      this.#options.proposals.applied(entry, false);
      return undefined;
    }
    this.#leaseAppliedIndex = command.leaseAppliedIndex;
    const apply: Apply = {
      rangeId,
      appliedIndex: entry.index,
      batch: command.batch,
      state: leaseAppliedIndexWrites(command.leaseAppliedIndex),
    };
    if (command.batch.writes.length <= writesPerSlice) {
      this.#toStore(apply);
      this.#wrote(entry, command.batch);
      return undefined;
    }
    return this.#options.store.applySliced(apply).then(() => {
      this.#options.raft.applied(entry.index);
      this.#wrote(entry, command.batch);
    });
  }

  #wrote(entry: Entry, batch: WriteBatch): void {
    this.#options.onApplied({ kind: "writes", timestamp: batch.timestamp });
    this.#options.proposals.applied(entry, true);
  }

  #applyLease(entry: Entry, { lease }: LeaseCommand): void {
    const { rangeId } = this.#options;
    const before = this.#state;
    if (lease.sequence <= before.lease.sequence) {
      this.#toStore({ rangeId, appliedIndex: entry.index });
      return;
    }
    this.#leaseAppliedIndex = 0;
    this.#toStore({ rangeId, appliedIndex: entry.index, state: leaseWrites(lease) });
    this.#options.onApplied({ kind: "lease", state: { ...before, lease } });
  }

  #applyMembers(entry: Entry): void {
    const { rangeId, raft } = this.#options;
    const before = this.#state;
    const change = decodeConfigurationChange(entry.command);
    const configuration = raft.applyConfigurationChange(change);
    if (equalConfigurations(configuration, before.configuration)) {
      this.#toStore({ rangeId, appliedIndex: entry.index });
      return;
    }
    // A change without a descriptor leaves a joint configuration.
    const descriptor =
      change.context.length > 0
        ? decodeRangeDescriptor(Uint8Array.from(change.context))
        : { ...before.descriptor, generation: before.descriptor.generation + 1 };
    const state = { ...before, configuration, descriptor: withRoles(descriptor, configuration) };
    this.#toStore({
      rangeId,
      appliedIndex: entry.index,
      state: descriptorWrites(state.descriptor, configuration),
    });
    this.#options.onApplied({ kind: "members", state });
  }

  #toStore(apply: Apply): void {
    this.#options.store.apply(apply);
  }

  get #state(): ReplicaState {
    const state = this.#options.state();
    assert(state !== undefined, "an entry is applied to a replica without state");
    return state;
  }
}
