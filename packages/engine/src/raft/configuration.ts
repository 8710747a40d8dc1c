import type { PeerId } from "./message.ts";

/**
 * Who is in the group. Outside a joint configuration `votersOutgoing` is empty and `voters` alone
 * decide; inside one, every decision needs a majority of both. Ongaro's thesis, 4.3.
 *
 * - All lists are sorted and hold no peer twice.
 * - A learner is in neither list of voters. A peer of `learnersNext` is in `votersOutgoing`: it
 *   becomes a learner when the joint configuration is left.
 * - `learnersNext` and `autoLeave` are empty and false outside a joint configuration.
 */
export interface Configuration {
  readonly voters: readonly PeerId[];
  readonly votersOutgoing: readonly PeerId[];
  readonly learners: readonly PeerId[];
  readonly learnersNext: readonly PeerId[];
  /** The leader proposes leaving the joint configuration by itself as soon as it is applied. */
  readonly autoLeave: boolean;
}

export interface ConfigurationStep {
  readonly kind: "addVoter" | "addLearner" | "remove";
  readonly peer: PeerId;
}

/**
 * A change of the configuration, which takes effect when its entry is applied. Without steps it
 * leaves a joint configuration.
 */
export interface ConfigurationChange {
  /**
   * - `automatic`: in one go when at most one voter changes, else as `joint`.
   * - `joint`: through a joint configuration that the leader leaves by itself.
   * - `jointExplicit`: through a joint configuration that stays until a change without steps.
   */
  readonly transition: "automatic" | "joint" | "jointExplicit";
  readonly steps: readonly ConfigurationStep[];
  /** The proposer's own bytes, handed back with the committed entry. */
  readonly context: Uint8Array;
}

export function configurationOf(members: {
  readonly voters: readonly PeerId[];
  readonly learners?: readonly PeerId[];
}): Configuration {
  return {
    voters: sorted(members.voters),
    votersOutgoing: [],
    learners: sorted(members.learners ?? []),
    learnersNext: [],
    autoLeave: false,
  };
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.votersOutgoing.length > 0;
}

export function isVoter(configuration: Configuration, peer: PeerId): boolean {
  return configuration.voters.includes(peer) || configuration.votersOutgoing.includes(peer);
}

export function isMember(configuration: Configuration, peer: PeerId): boolean {
  return isVoter(configuration, peer) || configuration.learners.includes(peer);
}

/** Everybody who gets the log, sorted. */
export function membersOf(configuration: Configuration): readonly PeerId[] {
  return sorted([
    ...new Set([
      ...configuration.voters,
      ...configuration.votersOutgoing,
      ...configuration.learners,
    ]),
  ]);
}

/** Everybody whose vote counts, sorted. */
export function votersOf(configuration: Configuration): readonly PeerId[] {
  return sorted([...new Set([...configuration.voters, ...configuration.votersOutgoing])]);
}

export function equalConfigurations(a: Configuration, b: Configuration): boolean {
  return showConfiguration(a) === showConfiguration(b);
}

/** `voters=(1 2 3)&&(1 2 4) learners=(5) learnersNext=(3) autoLeave`. */
export function showConfiguration(configuration: Configuration): string {
  const parts = [`voters=(${configuration.voters.join(" ")})`];
  if (isJoint(configuration)) parts[0] += `&&(${configuration.votersOutgoing.join(" ")})`;
  if (configuration.learners.length > 0) {
    parts.push(`learners=(${configuration.learners.join(" ")})`);
  }
  if (configuration.learnersNext.length > 0) {
    parts.push(`learnersNext=(${configuration.learnersNext.join(" ")})`);
  }
  if (configuration.autoLeave) parts.push("autoLeave");
  return parts.join(" ");
}

export function sorted(peers: readonly PeerId[]): readonly PeerId[] {
  return peers.toSorted((a, b) => a - b);
}
