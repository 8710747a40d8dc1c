/**
 * One entry of a range's log, as the shared log keeps it. The same shape as raft's Entry, which
 * this folder does not import: the log knows nothing of what commands mean.
 */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: "command" | "configuration";
  readonly command: Uint8Array;
}

/** What a replica must remember of elections; the same shape as raft's HardState. */
export interface LogHardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** Names the last entry that is gone from the front of a log. Both 0 for a log that lost nothing. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

export const logStart: LogPosition = { index: 0, term: 0 };
export const emptyHardState: LogHardState = { term: 0, vote: 0, commit: 0 };

/** Index, term, kind and length, roughly as they are encoded; also keeps empty entries from being free. */
const entryOverheadBytes = 12;

export function logEntryBytes(entry: LogEntry): number {
  return entry.command.length + entryOverheadBytes;
}
