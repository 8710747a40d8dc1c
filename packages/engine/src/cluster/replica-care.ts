import type { NodeId, RangeId } from "#base/ids.ts";
import { rangeDescriptorKey } from "#base/keys.ts";
import {
  decodeRangeDescriptor,
  encodeRangeDescriptor,
  type RangeDescriptor,
  type ReplicaDescriptor,
} from "#range/range-descriptor.ts";
import type { Replica } from "#range/replica.ts";
import type { Stores } from "#range/stores.ts";
import type { Cancel, Runtime } from "#runtime/ports.ts";
import type { LivenessTable } from "./liveness-table.ts";
import type { Members } from "./members.ts";
import type { SystemRecords } from "./system-records.ts";

const periodMs = 500;
const soonMs = 20;

export interface ReplicaCareOptions {
  readonly runtime: Runtime;
  readonly stores: Stores;
  readonly members: Members;
  readonly liveness: LivenessTable;
  readonly replicationFactor: number;
}

/** What a range's leaseholder should do next for its replicas; undefined when all is well. */
export type CareStep =
  | { readonly kind: "addLearner"; readonly nodeId: NodeId }
  | { readonly kind: "promote"; readonly learners: readonly ReplicaDescriptor[] };

/**
 * Decides the next step, one change at a time: learners first, which get their data without a say in
 * anything, then all that have caught up at once, through a joint configuration. The number of
 * voters stays odd: an even one survives no more failures than one voter less.
 */
export function nextCareStep(
  descriptor: RangeDescriptor,
  options: {
    readonly replicationFactor: number;
    /** Nodes that may get a replica, in order of preference. */
    readonly candidates: readonly NodeId[];
    readonly isCaughtUp: (replica: ReplicaDescriptor) => boolean;
  },
): CareStep | undefined {
  const { replicas } = descriptor;
  const voters = replicas.filter(({ role }) => role === "voter");
  const learners = replicas.filter(({ role }) => role === "learner");
  if (voters.length + learners.length !== replicas.length) return undefined;
  const wanted = options.replicationFactor - voters.length;
  if (wanted <= 0) return undefined;
  const ready = learners.filter((replica) => options.isCaughtUp(replica)).slice(0, wanted);
  const promoted = (voters.length + ready.length) % 2 === 1 ? ready : ready.slice(1);
  if (promoted.length > 0) return { kind: "promote", learners: promoted };
  // A learner whose node is away may never catch up: another one goes beside it.
  const hopeful = learners.filter(({ nodeId }) => options.candidates.includes(nodeId));
  if (hopeful.length >= wanted) return undefined;
  const nodeId = options.candidates.find(
    (candidate) => !replicas.some((replica) => replica.nodeId === candidate),
  );
  return nodeId === undefined ? undefined : { kind: "addLearner", nodeId };
}

/** Looks after the replicas of the ranges whose leases this node holds. */
export class ReplicaCare {
  readonly #options: ReplicaCareOptions;
  readonly #published = new Map<RangeId, number>();
  readonly #abort = new AbortController();
  #records: SystemRecords | undefined;
  readonly #stops: Cancel[] = [];
  #isDue = false;
  #isPublishing = false;

  constructor(options: ReplicaCareOptions) {
    this.#options = options;
  }

  start(records: SystemRecords): void {
    this.#records = records;
    const { runtime, stores, members, liveness } = this.#options;
    this.#stops.push(
      runtime.clock.every(periodMs, () => {
        this.#lookAfterAll();
      }),
      stores.onChange(() => {
        this.#soon();
      }),
      members.onChange(() => {
        this.#soon();
      }),
      liveness.onChange(() => {
        this.#soon();
      }),
    );
  }

  close(): void {
    this.#abort.abort(new Error("the node stops"));
    for (const stop of this.#stops) stop();
  }

  /** A step often makes the next one possible: a newcomer need not wait out the period for each. */
  #soon(): void {
    if (this.#isDue || this.#abort.signal.aborted) return;
    this.#isDue = true;
    this.#options.runtime.clock.after(soonMs, () => {
      this.#isDue = false;
      this.#lookAfterAll();
    });
  }

  #lookAfterAll(): void {
    if (this.#abort.signal.aborted) return;
    for (const replica of this.#options.stores.replicas) {
      if (replica.isLeaseholder) this.#lookAfter(replica);
    }
  }

  #lookAfter(replica: Replica): void {
    const { members, liveness, replicationFactor, runtime } = this.#options;
    const { descriptor } = replica;
    if (descriptor === undefined) return;
    void this.#publish(descriptor);
    const step = nextCareStep(descriptor, {
      replicationFactor,
      candidates: members.all
        .filter(({ nodeId, membership }) => membership === "active" && liveness.isLive(nodeId))
        .map(({ nodeId }) => nodeId),
      isCaughtUp: (learner) =>
        liveness.isLive(learner.nodeId) && hasCaughtUp(replica, learner.replicaId),
    });
    if (step === undefined) return;
    const refusal = carryOut(replica, descriptor, step);
    runtime.log.info("replicas change", { range: replica.rangeId, ...step, refusal });
  }

  /** The record by which other nodes find the range. Behind the range itself for a moment at most. */
  async #publish(descriptor: RangeDescriptor): Promise<void> {
    const { rangeId, generation, span } = descriptor;
    if (this.#isPublishing || this.#published.get(rangeId) === generation) return;
    this.#isPublishing = true;
    try {
      await this.#records?.update(
        rangeDescriptorKey(span.end),
        (value) =>
          value !== undefined && decodeRangeDescriptor(value).generation >= generation
            ? undefined
            : encodeRangeDescriptor(descriptor),
        this.#abort.signal,
      );
      this.#published.set(rangeId, generation);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#options.runtime.log.debug("range record not written yet", { range: rangeId, error });
      }
    } finally {
      this.#isPublishing = false;
    }
  }
}

function carryOut(
  replica: Replica,
  descriptor: RangeDescriptor,
  step: CareStep,
): string | undefined {
  const generation = descriptor.generation + 1;
  if (step.kind === "addLearner") {
    const replicaId = descriptor.nextReplicaId;
    return replica.changeMembers([{ kind: "addLearner", peer: replicaId }], {
      ...descriptor,
      generation,
      nextReplicaId: replicaId + 1,
      replicas: [...descriptor.replicas, { nodeId: step.nodeId, replicaId, role: "learner" }],
    });
  }
  return replica.changeMembers(
    step.learners.map(({ replicaId }) => ({ kind: "addVoter", peer: replicaId })),
    { ...descriptor, generation },
  );
}

/**
 * Nearly all of the log is there, and the rest comes while the change itself is on its way. A voter
 * that does not support the leader would cost it its lease, so its support comes first.
 */
const entriesBehindMax = 64;

function hasCaughtUp({ raft }: Replica, replicaId: number): boolean {
  for (const { peer, match, state, isSupporting } of raft.peers()) {
    if (peer !== replicaId) continue;
    return isSupporting && state === "replicate" && match + entriesBehindMax >= raft.commitIndex;
  }
  return false;
}
