import { assert } from "#base/assert.ts";
import { MalformedBytes } from "#base/byte-reader.ts";
import { addMs, isBefore, laterTimestamp, type Timestamp } from "#base/hlc.ts";
import type { NodeId } from "#base/ids.ts";
import { clockOffsetMsMax, type HlcClock } from "#range/hlc-clock.ts";
import type { ReceivedSupport, StoreLiveness } from "#range/store-liveness.ts";
import type { Cancel, Network, Runtime } from "#runtime/ports.ts";
import type { LivenessState } from "./cluster-view.ts";
import {
  decodeLivenessFrame,
  encodeLivenessFrame,
  type HeartbeatFrame,
  type SupportFrame,
} from "./liveness-frames.ts";
import type { NodeReport } from "./node-figures.ts";

export const heartbeatPeriodMs = 500;
export const supportMs = 3_000;
/** Silent for longer than this, a node is no longer waited for. */
const liveSilenceMsMax = 1_500;
/** How often lapsed support is looked for. */
const checkPeriodMs = 100;
/** Alarm when a peer's clock differs by this share of what is allowed. */
const clockAlarmShare = 0.8;

/** What must survive a restart; storage's NodeState is one. */
export interface SupportMemory {
  nextIncarnation(): Promise<number>;
  /** The incarnation of each peer that this node last supported. */
  peerIncarnations(): ReadonlyMap<NodeId, number>;
  setPeerIncarnation(peer: NodeId, incarnation: number): Promise<void>;
}

export interface LivenessTableOptions {
  readonly runtime: Runtime;
  readonly hlc: HlcClock;
  readonly network: Network;
  readonly memory: SupportMemory;
  /** This node's own figures, asked for with each heartbeat. */
  readonly report: () => NodeReport;
}

/** What is known of a peer's life. Times are this node's. */
export interface PeerLife {
  readonly state: LivenessState;
  /** Wall clock; 0 when never. */
  readonly lastHeardMs: number;
  readonly report: NodeReport | undefined;
  readonly clockOffsetMs: number;
  readonly roundTripMs: number;
}

interface GivenSupport {
  readonly incarnation: number;
  readonly epoch: number;
  until: Timestamp;
}

interface Peer {
  given: GivenSupport | undefined;
  received: ReceivedSupport | undefined;
  /** The highest incarnation whose support may be given: durable before it is. */
  incarnation: number;
  incarnationHeard: number;
  isStoring: boolean;
  heardAtMonotonicMs: number;
  heardAtWallMs: number;
  report: NodeReport | undefined;
  /** Recent measurements; the one with the shortest round trip is the least wrong. */
  readonly samples: ClockSample[];
}

interface ClockSample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

const samplesMax = 8;

/**
 * The heartbeats between this store and every other, and the support that they carry.
 *
 *   peer ── heartbeat{incarnation, until = its clock + 3 s} ─→ us: we support it until exactly then
 *        ←─ support{epoch, until} ──────────────────────────
 *
 * - Support is withdrawn only when our clock has passed `until`, or when the peer shows a newer
 *   incarnation: its earlier life holds no lease any more.
 * - An incarnation is durable here before it is supported, so that after a restart we know whom
 *   an earlier life of ours may still support; until that has run out we vote for nobody.
 * - A peer whose clock is too far ahead is not heard at all.
 */
export class LivenessTable implements StoreLiveness {
  readonly #runtime: Runtime;
  readonly #hlc: HlcClock;
  readonly #network: Network;
  readonly #memory: SupportMemory;
  readonly #report: () => NodeReport;
  readonly #incarnation: number;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #recipients = new Set<NodeId>();
  readonly #withdrawnHandlers = new Set<(node: NodeId) => void>();
  readonly #heardHandlers = new Set<(node: NodeId) => void>();
  readonly #changeHandlers = new Set<() => void>();
  readonly #stops: Cancel[] = [];
  /** Whom an earlier life of this store supported: nobody is voted for while one of them may count on it. */
  readonly #unresolved: Set<NodeId>;
  readonly #supportedBefore: ReadonlyMap<NodeId, number>;
  readonly #votesFrom: Timestamp;
  #epochCount = 0;
  #sinceHeartbeatMs = 0;
  #statesShown = new Map<NodeId, LivenessState>();

  private constructor(options: LivenessTableOptions, incarnation: number) {
    this.#runtime = options.runtime;
    this.#hlc = options.hlc;
    this.#network = options.network;
    this.#memory = options.memory;
    this.#report = options.report;
    this.#incarnation = incarnation;
    this.#supportedBefore = new Map(options.memory.peerIncarnations());
    this.#unresolved = new Set(this.#supportedBefore.keys());
    this.#votesFrom = addMs(options.hlc.now(), supportMs);
    for (const [node, known] of options.memory.peerIncarnations()) {
      this.#peer(node).incarnation = known;
    }
  }

  static async open(options: LivenessTableOptions): Promise<LivenessTable> {
    return new LivenessTable(options, await options.memory.nextIncarnation());
  }

  /** This node's figures, as its heartbeats say them. */
  ownReport(): NodeReport {
    return this.#report();
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  start(): void {
    this.#network.receive("liveness", (from, frame) => {
      this.#receive(from, frame);
    });
    this.#stops.push(
      this.#network.onPeerState((node, state) => {
        if (state === "connected" && this.#recipients.has(node)) this.#sendHeartbeat(node);
      }),
      this.#runtime.clock.every(checkPeriodMs, () => {
        this.#check();
      }),
    );
    for (const node of this.#recipients) this.#sendHeartbeat(node);
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops.length = 0;
    this.#network.receive("liveness", () => {});
  }

  /** Heartbeats go to these nodes from now on. */
  addRecipient(node: NodeId): void {
    if (node === this.#network.self || this.#recipients.has(node)) return;
    this.#recipients.add(node);
    if (this.#stops.length > 0) this.#sendHeartbeat(node);
  }

  supportGivenTo(node: NodeId): number {
    const given = this.#peers.get(node)?.given;
    if (given === undefined || isBefore(given.until, this.#hlc.now())) return 0;
    return given.epoch;
  }

  supportReceivedFrom(node: NodeId): ReceivedSupport | undefined {
    return this.#peers.get(node)?.received;
  }

  mayVote(): boolean {
    return this.#unresolved.size === 0 || isBefore(this.#votesFrom, this.#hlc.now());
  }

  isLive(node: NodeId): boolean {
    return node === this.#network.self || this.life(node).state === "live";
  }

  life(node: NodeId): PeerLife {
    const peer = this.#peers.get(node);
    if (peer === undefined || peer.heardAtWallMs === 0) {
      return {
        state: "unknown",
        lastHeardMs: 0,
        report: undefined,
        clockOffsetMs: 0,
        roundTripMs: 0,
      };
    }
    const silentMs = this.#runtime.clock.monotonicMs() - peer.heardAtMonotonicMs;
    const best = bestSample(peer.samples);
    return {
      state: silentMs <= liveSilenceMsMax ? "live" : silentMs <= supportMs ? "suspect" : "dead",
      lastHeardMs: peer.heardAtWallMs,
      report: peer.report,
      clockOffsetMs: best?.offsetMs ?? 0,
      roundTripMs: best?.roundTripMs ?? 0,
    };
  }

  /** True when at least half of the measured peers disagree with this node's clock by too much. */
  isClockOff(): boolean {
    let measured = 0;
    let off = 0;
    for (const { samples } of this.#peers.values()) {
      const best = bestSample(samples);
      if (best === undefined) continue;
      measured++;
      const certainMs = Math.abs(best.offsetMs) - best.roundTripMs / 2;
      if (certainMs > clockOffsetMsMax * clockAlarmShare) off++;
    }
    return measured > 0 && off * 2 >= measured;
  }

  onSupportWithdrawn(handler: (node: NodeId) => void): Cancel {
    this.#withdrawnHandlers.add(handler);
    return () => {
      this.#withdrawnHandlers.delete(handler);
    };
  }

  /** Called with the sender of each liveness frame: how a node that is not known yet is noticed. */
  onHeard(handler: (node: NodeId) => void): Cancel {
    this.#heardHandlers.add(handler);
    return () => {
      this.#heardHandlers.delete(handler);
    };
  }

  /** Called when the state of a peer's life, or the health it reports, changed. */
  onChange(handler: () => void): Cancel {
    this.#changeHandlers.add(handler);
    return () => {
      this.#changeHandlers.delete(handler);
    };
  }

  #receive(from: NodeId, bytes: Uint8Array): void {
    let frame: HeartbeatFrame | SupportFrame;
    try {
      frame = decodeLivenessFrame(bytes);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#runtime.log.warn("malformed liveness frame", { from, reason: error.message });
      return;
    }
    if (!this.#hlc.receive(frame.clock)) {
      const problem = this.#hlc.isTooFarAhead(frame.clock)
        ? "peer clock is too far ahead; its heartbeat is not heard"
        : "this node's disk is too slow for its clock bound; a heartbeat is not heard";
      this.#runtime.log.warn(problem, {
        node: from,
        aheadMs: frame.clock.wallMs - this.#hlc.wallMs(),
      });
      return;
    }
    const peer = this.#peer(from);
    peer.heardAtMonotonicMs = this.#runtime.clock.monotonicMs();
    peer.heardAtWallMs = this.#runtime.clock.wallMs();
    if (frame.kind === "heartbeat") this.#onHeartbeat(from, peer, frame);
    else this.#onSupport(peer, frame);
    for (const handler of this.#heardHandlers) handler(from);
    this.#announceChanges();
  }

  #onHeartbeat(from: NodeId, peer: Peer, frame: HeartbeatFrame): void {
    if (frame.incarnation < peer.incarnation) return;
    // A peer that has just come up missed our last heartbeat, and leases wait for its support.
    if (frame.incarnation !== peer.incarnationHeard && this.#recipients.has(from)) {
      this.#sendHeartbeat(from);
    }
    peer.incarnationHeard = frame.incarnation;
    const wasHealth = peer.report?.health;
    peer.report = frame.report;
    if (wasHealth !== frame.report.health) this.#announce();
    if (frame.incarnation > peer.incarnation) {
      this.#store(from, peer, frame);
      return;
    }
    this.#support(from, peer, frame);
  }

  /** A new life of the peer: written down first, supported then. */
  #store(from: NodeId, peer: Peer, frame: HeartbeatFrame): void {
    if (peer.isStoring) return;
    peer.isStoring = true;
    this.#memory.setPeerIncarnation(from, frame.incarnation).then(
      () => {
        peer.isStoring = false;
        peer.incarnation = frame.incarnation;
        this.#support(from, peer, frame);
      },
      (error: unknown) => this.#runtime.fatal("cannot store a peer's incarnation", error),
    );
  }

  #support(from: NodeId, peer: Peer, frame: HeartbeatFrame): void {
    const now = this.#hlc.now();
    const asked = addMs(frame.clock, supportMs);
    const until = isBefore(frame.until, asked) ? frame.until : asked;
    let given = peer.given;
    if (given !== undefined && given.incarnation !== frame.incarnation) {
      peer.given = undefined;
      given = undefined;
      this.#announceWithdrawn(from);
    } else if (given !== undefined && isBefore(given.until, now)) {
      given = undefined;
    }
    // A peer in the life that an earlier life of ours supported may lead by that support still: its
    // replicas' promises to it died with us. Only a newer life of it has certainly ended the old lease.
    if (frame.incarnation > (this.#supportedBefore.get(from) ?? 0)) this.#unresolved.delete(from);
    if (given === undefined) {
      peer.given = { incarnation: frame.incarnation, epoch: this.#nextEpoch(), until };
    } else {
      given.until = laterTimestamp(given.until, until);
    }
    this.#sendSupport(from, peer, frame, now);
  }

  #sendSupport(to: NodeId, peer: Peer, frame: HeartbeatFrame, now: Timestamp): void {
    const given = peer.given;
    assert(given !== undefined, "support is announced before it is given");
    this.#network.send(
      to,
      "liveness",
      encodeLivenessFrame({
        kind: "support",
        incarnation: given.incarnation,
        clock: now,
        epoch: given.epoch,
        until: given.until,
        echoedSentAtMs: frame.sentAtMs,
        wallMs: this.#runtime.clock.wallMs(),
      }),
    );
  }

  #onSupport(peer: Peer, frame: SupportFrame): void {
    if (frame.incarnation !== this.#incarnation) return;
    const roundTripMs = Math.max(0, this.#runtime.clock.monotonicMs() - frame.echoedSentAtMs);
    const offsetMs = frame.wallMs - (this.#runtime.clock.wallMs() - roundTripMs / 2);
    peer.samples.push({ roundTripMs, offsetMs });
    if (peer.samples.length > samplesMax) peer.samples.shift();
    const known = peer.received;
    if (known === undefined || frame.epoch > known.epoch) {
      peer.received = { epoch: frame.epoch, until: frame.until };
    } else if (frame.epoch === known.epoch && isBefore(known.until, frame.until)) {
      peer.received = { epoch: known.epoch, until: frame.until };
    }
  }

  #check(): void {
    const now = this.#hlc.now();
    for (const [node, peer] of this.#peers) {
      if (peer.given !== undefined && isBefore(peer.given.until, now)) {
        peer.given = undefined;
        this.#announceWithdrawn(node);
      }
    }
    this.#sinceHeartbeatMs += checkPeriodMs;
    if (this.#sinceHeartbeatMs >= heartbeatPeriodMs) {
      this.#sinceHeartbeatMs = 0;
      for (const node of this.#recipients) this.#sendHeartbeat(node);
    }
    this.#announceChanges();
  }

  #sendHeartbeat(to: NodeId): void {
    const clock = this.#hlc.now();
    this.#network.send(
      to,
      "liveness",
      encodeLivenessFrame({
        kind: "heartbeat",
        incarnation: this.#incarnation,
        clock,
        until: addMs(clock, supportMs),
        sentAtMs: this.#runtime.clock.monotonicMs(),
        report: this.#report(),
      }),
    );
  }

  #peer(node: NodeId): Peer {
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      peer = {
        given: undefined,
        received: undefined,
        incarnation: 0,
        incarnationHeard: 0,
        isStoring: false,
        heardAtMonotonicMs: 0,
        heardAtWallMs: 0,
        report: undefined,
        samples: [],
      };
      this.#peers.set(node, peer);
    }
    return peer;
  }

  /** Unique over all lives of this store: the incarnation above a count. */
  #nextEpoch(): number {
    this.#epochCount++;
    return this.#incarnation * 2 ** 24 + this.#epochCount;
  }

  #announceWithdrawn(node: NodeId): void {
    for (const handler of this.#withdrawnHandlers) handler(node);
  }

  #announceChanges(): void {
    let changed = false;
    for (const node of this.#peers.keys()) {
      const { state } = this.life(node);
      if (this.#statesShown.get(node) === state) continue;
      this.#statesShown.set(node, state);
      changed = true;
      this.#runtime.log.info("peer state", { node, state });
    }
    if (changed) this.#announce();
  }

  #announce(): void {
    for (const handler of this.#changeHandlers) handler();
  }
}

function bestSample(samples: readonly ClockSample[]): ClockSample | undefined {
  let best: ClockSample | undefined;
  for (const sample of samples) {
    if (best === undefined || sample.roundTripMs < best.roundTripMs) best = sample;
  }
  return best;
}
