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
    for (const peer of this.#endpoints.keys()) this.#announceLater(node, peer);
    return endpoint;
  }

  detach(node: number): void {
    if (!this.#endpoints.delete(node)) return;
    for (const peer of this.#endpoints.keys()) this.#announceLater(node, peer);
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
    this.#announceLater(from, to);
  }

  /** Nodes of different groups cannot reach each other; a node in no group can reach nobody. */
  partition(groups: readonly (readonly number[])[]): void {
    const groupOf = (node: number) => groups.findIndex((group) => group.includes(node));
    const nodes = [...new Set([...groups.flat(), ...this.#endpoints.keys()])];
    this.#blocked.clear();
    for (const from of nodes) {
      for (const to of nodes) {
        if (from === to) continue;
        if (groupOf(from) === -1 || groupOf(from) !== groupOf(to)) {
          this.#blocked.add(linkName(from, to));
        }
        this.#announceLater(from, to);
      }
    }
  }

  heal(): void {
    this.partition([[...this.#endpoints.keys()]]);
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

  /** Both sides notice after a while how things stand between them by then. */
  #announceLater(a: number, b: number): void {
    if (a === b) return;
    this.#time.schedule(this.#defaultFaults.delayMsMax, () => {
      this.#announce(a, b);
      this.#announce(b, a);
    });
  }

  #announce(to: number, about: number): void {
    const isConnected =
      this.#endpoints.has(about) &&
      !this.#blocked.has(linkName(to, about)) &&
      !this.#blocked.has(linkName(about, to));
    this.#endpoints.get(to)?.announce(about, isConnected ? "connected" : "disconnected");
  }
}

class SimEndpoint implements Network {
  readonly self: number;
  readonly #network: SimNetwork;
  readonly #handlers = new Map<NetworkChannel, (from: number, frame: Uint8Array) => void>();
  readonly #observers = new Set<(node: number, state: "connected" | "disconnected") => void>();

  readonly #states = new Map<number, "connected" | "disconnected">();

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
    if ((this.#states.get(node) ?? "disconnected") === state) return;
    this.#states.set(node, state);
    runOnNode(() => {
      for (const observer of this.#observers) observer(node, state);
    });
  }
}

function linkName(from: number, to: number): string {
  return `${from}>${to}`;
}
