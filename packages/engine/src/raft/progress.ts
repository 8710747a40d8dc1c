import { assert } from "#base/assert.ts";
import type { PeerId } from "./message.ts";

/** What is on the way to a follower and not answered: a queue bounded in messages and bytes. */
class InFlight {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #lastIndexes: number[] = [];
  #sizes: number[] = [];
  #bytes = 0;

  constructor(limits: InFlightLimits) {
    this.#messagesMax = limits.inFlightMessagesMax;
    this.#bytesMax = limits.inFlightBytesMax;
  }

  get count(): number {
    return this.#lastIndexes.length;
  }

  get isFull(): boolean {
    return this.#lastIndexes.length >= this.#messagesMax || this.#bytes >= this.#bytesMax;
  }

  add(lastIndex: number, bytes: number): void {
    this.#lastIndexes.push(lastIndex);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** The follower holds everything up to the index. */
  freeTo(index: number): void {
    let freed = 0;
    while (freed < this.#lastIndexes.length && (this.#lastIndexes[freed] ?? 0) <= index) {
      this.#bytes -= this.#sizes[freed] ?? 0;
      freed++;
    }
    if (freed === 0) return;
    this.#lastIndexes.splice(0, freed);
    this.#sizes.splice(0, freed);
  }

  clear(): void {
    this.#lastIndexes = [];
    this.#sizes = [];
    this.#bytes = 0;
  }
}

export interface InFlightLimits {
  readonly inFlightMessagesMax: number;
  readonly inFlightBytesMax: number;
}

/**
 * What a leader knows and assumes about one follower.
 *
 * - `probe`: we look for the place where the logs agree, one message per heartbeat.
 * - `replicate`: we know it, and send ahead without waiting, within the window.
 * - `snapshot`: it needs entries that are gone; nothing is sent until the snapshot has arrived.
 *
 * - match < next. In `probe`, everything from `next` on is unsent.
 * - In `snapshot`, next = pendingSnapshot + 1.
 */
export class Progress {
  readonly peer: PeerId;
  match = 0;
  next: number;
  state: "probe" | "replicate" | "snapshot" = "probe";
  /** In `probe`: one message is out, and we wait for its answer or a heartbeat's. */
  isProbeOut = false;
  pendingSnapshot = 0;
  /** Has answered since the quorum was last checked. */
  isActive = false;
  /** The epoch under which it last answered us in this term; see StoreSupport. */
  supportEpoch = 0;
  /** The commit index it was last told. */
  sentCommit = 0;
  readonly #inFlight: InFlight;

  constructor(peer: PeerId, next: number, limits: InFlightLimits) {
    this.peer = peer;
    this.next = next;
    this.#inFlight = new InFlight(limits);
  }

  get inFlightCount(): number {
    return this.#inFlight.count;
  }

  get canSend(): boolean {
    switch (this.state) {
      case "probe":
        return !this.isProbeOut;
      case "replicate":
        return !this.#inFlight.isFull;
      case "snapshot":
        return false;
    }
  }

  /** Entries up to lastIndex are on their way. */
  sent(lastIndex: number, bytes: number): void {
    if (this.state === "probe") {
      this.isProbeOut = true;
    } else {
      assert(lastIndex >= this.next, `entries up to ${lastIndex} were sent before`);
      this.next = lastIndex + 1;
      this.#inFlight.add(lastIndex, bytes);
    }
  }

  /** The follower holds our log up to the index. False when we knew. */
  acknowledged(index: number): boolean {
    const isNews = index > this.match;
    if (isNews) this.match = index;
    if (this.next <= index) this.next = index + 1;
    if (this.state === "replicate") this.#inFlight.freeTo(index);
    return isNews;
  }

  /** The follower does not hold our entry at the index. False when the answer is an old one. */
  rejected(index: number, hintIndex: number): boolean {
    if (this.state === "replicate") {
      if (index <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.state !== "probe" || index !== this.next - 1) return false;
    this.next = Math.max(Math.min(index, hintIndex + 1), this.match + 1);
    this.isProbeOut = false;
    return true;
  }

  becomeProbe(): void {
    this.next =
      this.state === "snapshot" ? Math.max(this.match, this.pendingSnapshot) + 1 : this.match + 1;
    this.#reset("probe");
  }

  becomeReplicate(): void {
    this.#reset("replicate");
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#reset("snapshot");
    this.pendingSnapshot = index;
    this.next = index + 1;
  }

  #reset(state: "probe" | "replicate" | "snapshot"): void {
    this.state = state;
    this.isProbeOut = false;
    this.pendingSnapshot = 0;
    this.#inFlight.clear();
  }
}
