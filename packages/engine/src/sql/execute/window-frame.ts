import { SqlError } from "#base/errors.ts";
import type { FrameBound, WindowFrame } from "#sql/bind/expression.ts";
import { notSupported } from "#base/errors.ts";

/** Where the peers of each row of a partition begin and end. */
export interface PeerGroups {
  readonly start: readonly number[];
  readonly end: readonly number[];
  /** Number of the row's group, and where each group begins. */
  readonly group: readonly number[];
  readonly groupStart: readonly number[];
}

export interface FrameOffsets {
  readonly start: number;
  readonly end: number;
}

/** Whether this frame needs values to be added to and subtracted from the ordering column. */
export function isValueRange(frame: WindowFrame): boolean {
  const hasOffset = (bound: FrameBound): boolean => "offset" in bound;
  return frame.mode === "range" && (hasOffset(frame.start) || hasOffset(frame.end));
}

/** First row of a row's frame and one past its last, before exclusion. */
export function frameOf(
  frame: WindowFrame,
  row: number,
  rowCount: number,
  peers: PeerGroups,
  offsets: FrameOffsets,
): { readonly start: number; readonly end: number } {
  if (isValueRange(frame)) throw notSupported("RANGE with an offset in a window frame");
  const start = boundRow(frame, frame.start, offsets.start, row, rowCount, peers, false);
  const end = boundRow(frame, frame.end, offsets.end, row, rowCount, peers, true);
  return { start: Math.max(0, start), end: Math.max(start, Math.min(rowCount, end)) };
}

/** Whether EXCLUDE leaves a row out of another row's frame. */
export function isExcluded(
  frame: WindowFrame,
  row: number,
  other: number,
  peers: PeerGroups,
): boolean {
  switch (frame.exclude) {
    case "no others":
      return false;
    case "current row":
      return other === row;
    case "group":
      return peers.group[other] === peers.group[row];
    case "ties":
      return other !== row && peers.group[other] === peers.group[row];
  }
}

/** The row at a place in a row's frame, counted from its start, or from its end when negative. */
export function rowInFrame(
  frame: WindowFrame,
  row: number,
  place: number,
  bounds: { readonly start: number; readonly end: number },
  peers: PeerGroups,
): number | undefined {
  const { start, end } = bounds;
  if (frame.exclude === "no others") {
    const at = place < 0 ? end + place : start + place;
    return at >= start && at < end ? at : undefined;
  }
  const step = place < 0 ? -1 : 1;
  let left = place < 0 ? -place - 1 : place;
  for (let at = place < 0 ? end - 1 : start; at >= start && at < end; at += step) {
    if (isExcluded(frame, row, at, peers)) continue;
    if (left === 0) return at;
    left--;
  }
  return undefined;
}

/** The row at which a bound stands; for an end bound the row after it. */
function boundRow(
  frame: WindowFrame,
  bound: FrameBound,
  offset: number,
  row: number,
  rowCount: number,
  peers: PeerGroups,
  isEnd: boolean,
): number {
  switch (bound.kind) {
    case "unboundedPreceding":
      return 0;
    case "unboundedFollowing":
      return rowCount;
    case "currentRow":
      if (frame.mode === "rows") return isEnd ? row + 1 : row;
      return (isEnd ? peers.end[row] : peers.start[row]) ?? row;
    case "preceding":
    case "following": {
      const distance = bound.kind === "preceding" ? -offset : offset;
      if (frame.mode === "rows") return row + distance + (isEnd ? 1 : 0);
      const group = (peers.group[row] ?? 0) + distance + (isEnd ? 1 : 0);
      if (group < 0) return 0;
      return peers.groupStart[group] ?? rowCount;
    }
  }
}

export function checkOffset(offset: number | undefined, which: "starting" | "ending"): number {
  if (offset === undefined) {
    throw new SqlError("null_value_not_allowed", `frame ${which} offset must not be null`);
  }
  if (offset < 0) {
    throw new SqlError(
      "invalid_preceding_or_following_size",
      `frame ${which} offset must not be negative`,
    );
  }
  return offset;
}
