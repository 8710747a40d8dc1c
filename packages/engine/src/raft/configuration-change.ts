import { isJoint, sorted, type Configuration, type ConfigurationChange } from "./configuration.ts";
import type { PeerId } from "./message.ts";

export type ChangeOutcome =
  | { readonly kind: "changed"; readonly configuration: Configuration }
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * The configuration after the change. A pure function of both, so that every replica that applies the
 * change comes to the same one; a change that does not fit changes nothing, everywhere.
 */
export function changeConfiguration(
  before: Configuration,
  change: ConfigurationChange,
): ChangeOutcome {
  if (change.steps.length === 0) return leaveJoint(before);
  if (isJoint(before)) return invalid("a joint configuration must be left first");

  const voters = new Set(before.voters);
  const learners = new Set(before.learners);
  for (const { kind, peer } of change.steps) {
    if (!Number.isSafeInteger(peer) || peer < 1) return invalid(`${peer} is not a peer`);
    voters.delete(peer);
    learners.delete(peer);
    if (kind === "addVoter") voters.add(peer);
    else if (kind === "addLearner") learners.add(peer);
  }
  if (voters.size === 0) return invalid("the last voter cannot be removed");

  const isSimple = change.transition === "automatic" && differenceSize(before.voters, voters) <= 1;
  if (isSimple) {
    return changed({
      voters: sorted([...voters]),
      votersOutgoing: [],
      learners: sorted([...learners]),
      learnersNext: [],
      autoLeave: false,
    });
  }
  // A voter on its way to be a learner still votes in the outgoing half, so it may not be a learner yet.
  const demoted = [...learners].filter((peer) => before.voters.includes(peer));
  return changed({
    voters: sorted([...voters]),
    votersOutgoing: before.voters,
    learners: sorted([...learners].filter((peer) => !before.voters.includes(peer))),
    learnersNext: sorted(demoted),
    autoLeave: change.transition !== "jointExplicit",
  });
}

function leaveJoint(before: Configuration): ChangeOutcome {
  if (!isJoint(before)) return invalid("there is no joint configuration to leave");
  return changed({
    voters: before.voters,
    votersOutgoing: [],
    learners: sorted([...before.learners, ...before.learnersNext]),
    learnersNext: [],
    autoLeave: false,
  });
}

function changed(configuration: Configuration): ChangeOutcome {
  return { kind: "changed", configuration };
}

function invalid(reason: string): ChangeOutcome {
  return { kind: "invalid", reason };
}

function differenceSize(before: readonly PeerId[], after: ReadonlySet<PeerId>): number {
  const kept = before.filter((peer) => after.has(peer)).length;
  return before.length - kept + (after.size - kept);
}
