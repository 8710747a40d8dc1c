import type { SharedLog } from "#storage/shared-log.ts";
import type { Replica } from "./replica.ts";

export interface LogLimits {
  /** A leader's log shorter than this is left alone: it lets a replica catch up that was away for a moment. */
  readonly leaderBytesKept: number;
  /** Followers keep more, so that one of them can serve the others when it comes to lead. */
  readonly followerBytesKept: number;
  /** Beyond this, a replica that lags gets a snapshot instead. */
  readonly bytesMax: number;
}

export const defaultLogLimits: LogLimits = {
  leaderBytesKept: 4 * 1024 * 1024,
  followerBytesKept: 8 * 1024 * 1024,
  bytesMax: 32 * 1024 * 1024,
};

/**
 * Drops the front of a replica's log as far as nobody needs it: not what a restart here would apply
 * again, and on a leader not what a follower is still to get, unless that follower holds too much up.
 */
export function truncateLog(
  replica: Replica,
  options: {
    readonly log: SharedLog;
    readonly durableIndex: number;
    readonly limits: LogLimits;
  },
): void {
  const { raft, rangeId } = replica;
  const { leaderBytesKept, followerBytesKept, bytesMax } = options.limits;
  const rangeLog = options.log.rangeLog(rangeId);
  const isLeader = raft.role === "leader";
  if (rangeLog.bytes <= (isLeader ? leaderBytesKept : followerBytesKept)) return;
  let index = Math.min(options.durableIndex, raft.appliedIndex);
  if (isLeader && rangeLog.bytes <= bytesMax) {
    for (const { match } of raft.peers()) index = Math.min(index, match);
  }
  if (index >= rangeLog.firstIndex) options.log.truncate(rangeId, index);
}
