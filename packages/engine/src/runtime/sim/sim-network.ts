import type { Cancel, Network, NetworkChannel } from "#runtime/ports.ts";
import { runOnNode } from "./sim-crash.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimTime } from "./sim-time.ts";

/** How frames fare on the way from one node to another. */
export interface LinkFaults {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Some frames take this much longer, and are overtaken by later ones. */
  readonly straggleProbability: number;
  readonly straggleMsMax: number;
  readonly dropProbability: number;
  readonly duplicateProbability: number;
}

export const calmLink: LinkFaults = {
  delayMsMin: 0.1,
  delayMsMax: 0.5,
  straggleProbability: 0,
  straggleMsMax: 0,
  dropProbability: 0,
  duplicateProbability: 0,
};

export const roughLink: LinkFaults = {
  delayMsMin: 0.2,
  delayMsMax: 8,
  straggleProbability: 0.05,
  straggleMsMax: 400,
  dropProbability: 0.02,
  duplicateProbability: 0.02,
};

/**
 * The wires between simulated nodes. A node attaches at each start; what was on its way to an earlier
 * life is lost.
 */
export class SimNetwork {
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #endpoints = new Map<number, SimEndpoint>();
  /** `from>to` of links that carry nothing. */
  readonly #blocked = new Set<string>();
  readonly #faults = new Map<string, LinkFaults>();
  #defaultFaults: LinkFaults = calmLink;
  framesSent = 0;
  bytesSent = 0;

  constructor(time: SimTime, random: SimRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** A node comes up. Its earlier life, if any, is cut off. */
  attach(node: number): Network {
    this.detach(node);
    const endpoint = new SimEndpoint(node, this);
    this.#endpoints.set(node, endpoint);
    for (const peer of this.#endpoints.values()) {
      if (peer !== endpoint) this.#announceIfConnected(peer, endpoint);
    }
    return endpoint;
  }

  detach(node: number): void {
    const endpoint = this.#endpoints.get(node);
    if (endpoint === undefined) return;
    this.#endpoints.delete(node);
    for (const peer of this.#endpoints.values()) this.#announceLater(peer, node, "disconnected");
  }

  setFaults(faults: LinkFaults): void {
    this.#defaultFaults = faults;
    this.#faults.clear();
  }

  setLinkFaults(from: number, to: number, faults: LinkFaults): void {
    this.#faults.set(linkName(from, to), faults);
  }

  /** Cuts one direction. Frames that are on the way still arrive. */
  block(from: number, to: number): void {
    this.#blocked.add(linkName(from, to));
    this.#announceBlocked(from, to);
  }

  /** Nodes of different groups cannot reach each other; a node in no group can reach nobody. */
  partition(groups: readonly (readonly number[])[]): void {
    const groupOf = (node: number) => groups.findIndex((group) => group.includes(node));
    const nodes = [...new Set([...groups.flat(), ...this.#endpoints.keys()])];
    this.#blocked.clear();
    for (const from of nodes) {
      for (const to of nodes) {
        if (from !== to && (groupOf(from) === -1 || groupOf(from) !== groupOf(to))) {
          this.block(from, to);
        }
      }
    }
  }

  heal(): void {
    const wasBlocked = [...this.#blocked];
    this.#blocked.clear();
    for (const link of wasBlocked) {
      const [from, to] = link.split(">").map(Number);
      const a = this.#endpoints.get(from ?? 0);
      const b = this.#endpoints.get(to ?? 0);
      if (a !== undefined && b !== undefined) this.#announceIfConnected(a, b);
    }
  }

  /** For endpoints only. */
  carry(sender: SimEndpoint, to: number, channel: NetworkChannel, frame: Uint8Array): void {
    const from = sender.self;
    if (this.#endpoints.get(from) !== sender) return;
    this.framesSent++;
    this.bytesSent += frame.length;
    // A receiver may keep the frame while the sender reuses its buffer.
    const copy = frame.slice();
    if (from === to) {
      this.#deliverAfter(0, from, to, channel, copy);
      return;
    }
    if (this.#blocked.has(linkName(from, to))) return;
    const faults = this.#faults.get(linkName(from, to)) ?? this.#defaultFaults;
    if (this.#random.chance(faults.dropProbability)) return;
    this.#deliverAfter(this.#delayMs(faults), from, to, channel, copy);
    if (this.#random.chance(faults.duplicateProbability)) {
      this.#deliverAfter(this.#delayMs(faults), from, to, channel, copy);
    }
  }

  #delayMs(faults: LinkFaults): number {
    const delayMs = this.#random.between(faults.delayMsMin, faults.delayMsMax);
    return this.#random.chance(faults.straggleProbability)
      ? delayMs + this.#random.between(0, faults.straggleMsMax)
      : delayMs;
  }

  #deliverAfter(
    delayMs: number,
    from: number,
    to: number,
    channel: NetworkChannel,
    frame: Uint8Array,
  ): void {
    const receiver = this.#endpoints.get(to);
    if (receiver === undefined) return;
    this.#time.schedule(delayMs, () => {
      if (this.#endpoints.get(to) !== receiver) return;
      runOnNode(() => {
        receiver.deliver(channel, from, frame);
      });
    });
  }

  #announceIfConnected(a: SimEndpoint, b: SimEndpoint): void {
    if (
      this.#blocked.has(linkName(a.self, b.self)) ||
      this.#blocked.has(linkName(b.self, a.self))
    ) {
      return;
    }
    this.#announceLater(a, b.self, "connected");
    this.#announceLater(b, a.self, "connected");
  }

  #announceBlocked(from: number, to: number): void {
    const a = this.#endpoints.get(from);
    const b = this.#endpoints.get(to);
    if (a !== undefined) this.#announceLater(a, to, "disconnected");
    if (b !== undefined) this.#announceLater(b, from, "disconnected");
  }

  #announceLater(endpoint: SimEndpoint, node: number, state: "connected" | "disconnected"): void {
    this.#time.schedule(this.#defaultFaults.delayMsMax, () => {
      if (this.#endpoints.get(endpoint.self) === endpoint) endpoint.announce(node, state);
    });
  }
}

class SimEndpoint implements Network {
  readonly self: number;
  readonly #network: SimNetwork;
  readonly #handlers = new Map<NetworkChannel, (from: number, frame: Uint8Array) => void>();
  readonly #observers = new Set<(node: number, state: "connected" | "disconnected") => void>();

  constructor(self: number, network: SimNetwork) {
    this.self = self;
    this.#network = network;
  }

  send(to: number, channel: NetworkChannel, frame: Uint8Array): void {
    this.#network.carry(this, to, channel, frame);
  }

  receive(channel: NetworkChannel, handler: (from: number, frame: Uint8Array) => void): void {
    this.#handlers.set(channel, handler);
  }

  /** Simulated nodes find each other by number. */
  setAddress(): void {}

  onPeerState(handler: (node: number, state: "connected" | "disconnected") => void): Cancel {
    this.#observers.add(handler);
    return () => {
      this.#observers.delete(handler);
    };
  }

  deliver(channel: NetworkChannel, from: number, frame: Uint8Array): void {
    this.#handlers.get(channel)?.(from, frame);
  }

  announce(node: number, state: "connected" | "disconnected"): void {
    for (const observer of this.#observers) observer(node, state);
  }
}

function linkName(from: number, to: number): string {
  return `${from}>${to}`;
}
