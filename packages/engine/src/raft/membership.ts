import { changeConfiguration } from "./configuration-change.ts";
import {
  isJoint,
  isVoter,
  membersOf,
  type Configuration,
  type ConfigurationChange,
} from "./configuration.ts";
import { encodeConfigurationChange } from "./message-codec.ts";
import { nobody } from "./message.ts";
import { Progress } from "./progress.ts";
import type { DropReason } from "./ready.ts";
import { appendAsLeader, commitByQuorum } from "./replication.ts";
import type { RaftState } from "./state.ts";

const leaveChange: ConfigurationChange = {
  transition: "automatic",
  steps: [],
  context: new Uint8Array(0),
};

/**
 * Why a change may not be proposed now. At most one is on its way at a time: the quorums of two
 * configurations that are two changes apart need not overlap.
 */
export function refuseChange(
  state: RaftState,
  change: ConfigurationChange,
): DropReason | undefined {
  if (state.pendingConfigurationIndex > state.log.appliedIndex) return "configurationBusy";
  if (isJoint(state.configuration) && change.steps.length > 0) return "configurationBusy";
  const outcome = changeConfiguration(state.configuration, change);
  return outcome.kind === "invalid" ? "configurationInvalid" : undefined;
}

export function appendChange(state: RaftState, change: ConfigurationChange): number {
  const index = appendAsLeader(state, "configuration", encodeConfigurationChange(change));
  state.pendingConfigurationIndex = index;
  return index;
}

/** The change is committed and being applied. */
export function applyChange(state: RaftState, change: ConfigurationChange): Configuration {
  const outcome = changeConfiguration(state.configuration, change);
  if (outcome.kind === "changed") switchTo(state, outcome.configuration);
  return state.configuration;
}

function switchTo(state: RaftState, configuration: Configuration): void {
  state.configuration = configuration;
  const { promise } = state;
  // A leader that was removed leads nobody, and may not be there to free us.
  if (promise !== undefined && !isVoter(configuration, promise.leader)) state.promise = undefined;
  if (!state.isLeader) return;

  if (!state.isVoter) {
    state.becomeFollower(state.term, nobody);
    return;
  }
  const members = membersOf(configuration);
  for (const peer of state.progress.keys()) {
    if (!members.includes(peer)) state.progress.delete(peer);
  }
  for (const peer of members) {
    if (state.progress.has(peer)) continue;
    const progress = new Progress(peer, state.log.lastIndex, state.limits);
    // A newcomer gets a whole period to answer before it counts as silent.
    progress.isActive = true;
    state.progress.set(peer, progress);
  }
  if (!isVoter(configuration, state.transferee)) state.transferee = nobody;
  state.isSendDue = true;
  commitByQuorum(state);
}

/** Leaves a joint configuration that was entered to be left, as soon as nothing else is on its way. */
export function leaveJointWhenDue(state: RaftState): void {
  if (!state.isLeader || !state.configuration.autoLeave) return;
  if (state.pendingConfigurationIndex > state.log.appliedIndex) return;
  appendChange(state, leaveChange);
}
