import type { Timestamp } from "#base/hlc.ts";
import type { NodeId, Span } from "#base/ids.ts";
import { transactionTagBytes, type KeyWrite, type TransactionTag } from "#storage/write-batch.ts";
import type { RangeDescriptor } from "./range-descriptor.ts";

/** Length of a commit's tag. */
export const commitTagBytes = transactionTagBytes;

/**
 * What a range answers. Every request lies within one range; the leaseholder evaluates it. Whatever
 * is not an answer is a reason why nothing was done, except `unknown`.
 */
export type RangeRequest = GetRequest | ScanRequest | RefreshRequest | CommitRequest;

interface SnapshotRead {
  /** Undefined: the leaseholder reads at its clock, and nothing can be uncertain. */
  readonly timestamp: Timestamp | undefined;
  /** Versions in (timestamp, uncertaintyLimit] may be older than the reader in real time. */
  readonly uncertaintyLimit: Timestamp;
}

export interface GetRequest extends SnapshotRead {
  readonly kind: "get";
  readonly keys: readonly Uint8Array[];
}

export interface ScanRequest extends SnapshotRead {
  readonly kind: "scan";
  readonly span: Span;
  /** 0: as many as fit in bytesMax. */
  readonly rowsMax: number;
  /** Soft; at least one row is returned. */
  readonly bytesMax: number;
  readonly reverse: boolean;
}

/** Have the spans stayed the same in (from, to]? From then on nothing is written into them at or below `to`. */
export interface RefreshRequest {
  readonly kind: "refresh";
  readonly spans: readonly Span[];
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export interface CommitWrite extends KeyWrite {
  /** The commit fails with `keyExists` when the key has a live value. */
  readonly mustBeAbsent: boolean;
}

/** A whole transaction in one range: validated, written in one log entry, answered when applied. */
export interface CommitRequest {
  readonly kind: "commit";
  /** In every version that the commit writes; a repeated commit finds itself by it. */
  readonly tag: TransactionTag;
  /** The coordinator's clock when the transaction began: no version of it can be older. */
  readonly startTimestamp: Timestamp;
  /** Undefined for a transaction that read nothing. */
  readonly readTimestamp: Timestamp | undefined;
  /** Everything that was read at readTimestamp. */
  readonly readSpans: readonly Span[];
  /** In key order; a key occurs once; not empty. */
  readonly writes: readonly CommitWrite[];
  /** Not evaluated after this: the coordinator has given up by then. */
  readonly deadline: Timestamp;
  /** An earlier request of this commit may have been carried out, here or elsewhere. */
  readonly isRepeated: boolean;
}

export interface FoundRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface GetResponse {
  readonly kind: "values";
  /** In the order of the keys. */
  readonly values: readonly (Uint8Array | undefined)[];
  readonly timestamp: Timestamp;
}

export interface ScanResponse {
  readonly kind: "rows";
  readonly rows: readonly FoundRow[];
  readonly rest: Span | undefined;
  readonly timestamp: Timestamp;
}

export type RangeResponse =
  | GetResponse
  | ScanResponse
  | { readonly kind: "refreshed" }
  | { readonly kind: "committed"; readonly timestamp: Timestamp }
  | { readonly kind: "keyExists"; readonly key: Uint8Array }
  /** Somebody wrote the key after the snapshot. */
  | { readonly kind: "conflict"; readonly key: Uint8Array; readonly timestamp: Timestamp }
  /** A version that may be older than the reader: read again at this timestamp. */
  | { readonly kind: "uncertain"; readonly timestamp: Timestamp }
  | RangeRefusal
  /** The commit was proposed and this replica cannot learn what became of it. */
  | { readonly kind: "unknown" };

/** Nothing was done; another node or another moment may do. */
export type RangeRefusal =
  | {
      readonly kind: "notLeaseholder";
      /** 0 when not known. */
      readonly leaseholder: NodeId;
      readonly descriptor: RangeDescriptor | undefined;
    }
  /** The request does not lie within this range. */
  | { readonly kind: "rangeMismatch"; readonly descriptors: readonly RangeDescriptor[] }
  /** This node has no replica of the range. */
  | { readonly kind: "noReplica" }
  | { readonly kind: "busy"; readonly reason: "proposals" | "deadline" | "closing" | "clock" };
