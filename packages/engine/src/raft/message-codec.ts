import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import type { Configuration, ConfigurationChange, ConfigurationStep } from "./configuration.ts";
import type { Entry, EntryKind, HardState, Message, PeerId, SnapshotMetadata } from "./message.ts";

/**
 * The binary forms of what raft sends and stores. Each starts with a version byte where it stands alone;
 * the `write` and `read` functions are for those that embed one in a frame or record of their own.
 */

const version = 1;

const messageKinds = [
  "append",
  "appendResponse",
  "heartbeat",
  "heartbeatResponse",
  "preVote",
  "preVoteResponse",
  "vote",
  "voteResponse",
  "snapshot",
  "timeoutNow",
  "relinquish",
] as const satisfies readonly Message["kind"][];

const entryKinds = ["command", "configuration"] as const satisfies readonly EntryKind[];
const transitions = ["automatic", "joint", "jointExplicit"] as const;
const stepKinds = ["addVoter", "addLearner", "remove"] as const;

export function writeMessage(writer: ByteWriter, message: Message): void {
  writer
    .u8(version)
    .u8(messageKinds.indexOf(message.kind))
    .varint(message.from)
    .varint(message.to)
    .varint(message.term);
  switch (message.kind) {
    case "append":
      writer.varint(message.previousIndex).varint(message.previousTerm).varint(message.commit);
      writeEntries(writer, message.entries);
      break;
    case "appendResponse":
      writer.varint(message.index).varint(message.supportEpoch).boolean(message.rejected);
      if (message.rejected) writer.varint(message.hintIndex).varint(message.hintTerm);
      break;
    case "heartbeat":
      writer.varint(message.commit).boolean(message.quiesce);
      break;
    case "heartbeatResponse":
      writer.varint(message.supportEpoch);
      break;
    case "preVote":
      writer.varint(message.lastIndex).varint(message.lastTerm);
      break;
    case "vote":
      writer.varint(message.lastIndex).varint(message.lastTerm).boolean(message.isTransfer);
      break;
    case "preVoteResponse":
      writer.boolean(message.granted).varint(message.commit).varint(message.commitTerm);
      break;
    case "voteResponse":
      writer.boolean(message.granted);
      break;
    case "snapshot":
      writeSnapshotMetadata(writer, message.snapshot);
      break;
    case "timeoutNow":
    case "relinquish":
      break;
  }
}

/** Throws MalformedBytes. Commands are views into the input. */
export function readMessage(reader: ByteReader): Message {
  expectVersion(reader);
  const kind = pick(messageKinds, reader.u8(), "message");
  const address = { from: reader.varint(), to: reader.varint(), term: reader.varint() };
  switch (kind) {
    case "append":
      return {
        kind,
        ...address,
        previousIndex: reader.varint(),
        previousTerm: reader.varint(),
        commit: reader.varint(),
        entries: readEntries(reader),
      };
    case "appendResponse": {
      const index = reader.varint();
      const supportEpoch = reader.varint();
      const rejected = reader.boolean();
      const hintIndex = rejected ? reader.varint() : 0;
      const hintTerm = rejected ? reader.varint() : 0;
      return { kind, ...address, index, rejected, hintIndex, hintTerm, supportEpoch };
    }
    case "heartbeat":
      return { kind, ...address, commit: reader.varint(), quiesce: reader.boolean() };
    case "heartbeatResponse":
      return { kind, ...address, supportEpoch: reader.varint() };
    case "preVote":
      return { kind, ...address, lastIndex: reader.varint(), lastTerm: reader.varint() };
    case "vote":
      return {
        kind,
        ...address,
        lastIndex: reader.varint(),
        lastTerm: reader.varint(),
        isTransfer: reader.boolean(),
      };
    case "preVoteResponse":
      return {
        kind,
        ...address,
        granted: reader.boolean(),
        commit: reader.varint(),
        commitTerm: reader.varint(),
      };
    case "voteResponse":
      return { kind, ...address, granted: reader.boolean() };
    case "snapshot":
      return { kind, ...address, snapshot: readSnapshotMetadata(reader) };
    case "timeoutNow":
    case "relinquish":
      return { kind, ...address };
  }
}

/** Entries without a gap: the first index, then term, kind and command of each. */
export function writeEntries(writer: ByteWriter, entries: readonly Entry[]): void {
  writer.varint(entries.length);
  const first = entries[0];
  if (first === undefined) return;
  writer.varint(first.index);
  for (const entry of entries) {
    writer.varint(entry.term).u8(entryKinds.indexOf(entry.kind)).bytes(entry.command);
  }
}

export function readEntries(reader: ByteReader): readonly Entry[] {
  const count = reader.varint();
  if (count === 0) return [];
  const first = reader.varint();
  const entries: Entry[] = [];
  for (let index = first; index < first + count; index++) {
    const term = reader.varint();
    const kind = pick(entryKinds, reader.u8(), "entry");
    entries.push({ index, term, kind, command: reader.bytes() });
  }
  return entries;
}

export function writeHardState(writer: ByteWriter, state: HardState): void {
  writer.varint(state.term).varint(state.vote).varint(state.commit);
}

export function readHardState(reader: ByteReader): HardState {
  return { term: reader.varint(), vote: reader.varint(), commit: reader.varint() };
}

export function writeSnapshotMetadata(writer: ByteWriter, snapshot: SnapshotMetadata): void {
  writer.varint(snapshot.index).varint(snapshot.term);
  writeConfiguration(writer, snapshot.configuration);
}

export function readSnapshotMetadata(reader: ByteReader): SnapshotMetadata {
  return {
    index: reader.varint(),
    term: reader.varint(),
    configuration: readConfiguration(reader),
  };
}

export function writeConfiguration(writer: ByteWriter, configuration: Configuration): void {
  writePeers(writer, configuration.voters);
  writePeers(writer, configuration.votersOutgoing);
  writePeers(writer, configuration.learners);
  writePeers(writer, configuration.learnersNext);
  writer.boolean(configuration.autoLeave);
}

export function readConfiguration(reader: ByteReader): Configuration {
  return {
    voters: readPeers(reader),
    votersOutgoing: readPeers(reader),
    learners: readPeers(reader),
    learnersNext: readPeers(reader),
    autoLeave: reader.boolean(),
  };
}

/** The command of an entry of kind `configuration`. */
export function encodeConfigurationChange(change: ConfigurationChange): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(version).u8(transitions.indexOf(change.transition)).varint(change.steps.length);
  for (const { kind, peer } of change.steps) writer.u8(stepKinds.indexOf(kind)).varint(peer);
  return writer.bytes(change.context).finish();
}

/** Throws MalformedBytes. */
export function decodeConfigurationChange(command: Uint8Array): ConfigurationChange {
  const reader = new ByteReader(command);
  expectVersion(reader);
  const transition = pick(transitions, reader.u8(), "transition");
  const steps: ConfigurationStep[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    steps.push({ kind: pick(stepKinds, reader.u8(), "step"), peer: reader.varint() });
  }
  const context = reader.bytes();
  reader.expectEnd();
  return { transition, steps, context };
}

function writePeers(writer: ByteWriter, peers: readonly PeerId[]): void {
  writer.varint(peers.length);
  for (const peer of peers) writer.varint(peer);
}

function readPeers(reader: ByteReader): readonly PeerId[] {
  const peers: PeerId[] = [];
  for (let left = reader.varint(); left > 0; left--) peers.push(reader.varint());
  return peers;
}

function expectVersion(reader: ByteReader): void {
  const found = reader.u8();
  if (found !== version) throw new MalformedBytes(`raft bytes of version ${found}`);
}

function pick<Name>(names: readonly Name[], code: number, what: string): Name {
  const name = names[code];
  if (name === undefined) throw new MalformedBytes(`unknown kind of ${what}: ${code}`);
  return name;
}
