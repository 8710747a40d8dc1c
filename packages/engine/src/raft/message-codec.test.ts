import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, MalformedBytes } from "#base/byte-reader.ts";
import { ByteWriter } from "#base/byte-writer.ts";
import { readHardState, readMessage, writeHardState, writeMessage } from "./message-codec.ts";
import type { Message } from "./message.ts";

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const small = fc.integer({ min: 0, max: 300 });
const address = { from: small, to: small, term: number };
const peerLists = fc.array(small, { maxLength: 4 });
const snapshot = fc.record({
  index: number,
  term: number,
  configuration: fc.record({
    voters: peerLists,
    votersOutgoing: peerLists,
    learners: peerLists,
    learnersNext: peerLists,
    autoLeave: fc.boolean(),
  }),
});
const entries = fc
  .tuple(
    small,
    fc.array(
      fc.record({
        term: small,
        kind: fc.constantFrom("command" as const, "configuration" as const),
        command: fc.uint8Array({ maxLength: 40 }),
      }),
      { maxLength: 5 },
    ),
  )
  .map(([first, list]) => list.map((entry, at) => ({ index: first + at, ...entry })));

const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    ...address,
    previousIndex: number,
    previousTerm: number,
    commit: number,
    entries,
  }),
  fc
    .record({
      kind: fc.constant("appendResponse" as const),
      ...address,
      index: number,
      rejected: fc.boolean(),
      hintIndex: number,
      hintTerm: number,
      supportEpoch: number,
    })
    .map((message) => (message.rejected ? message : { ...message, hintIndex: 0, hintTerm: 0 })),
  fc.record({
    kind: fc.constant("heartbeat" as const),
    ...address,
    commit: number,
    quiesce: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("heartbeatResponse" as const),
    ...address,
    supportEpoch: number,
  }),
  fc.record({
    kind: fc.constant("preVote" as const),
    ...address,
    lastIndex: number,
    lastTerm: number,
  }),
  fc.record({
    kind: fc.constant("preVoteResponse" as const),
    ...address,
    granted: fc.boolean(),
    commit: number,
    commitTerm: number,
  }),
  fc.record({
    kind: fc.constant("vote" as const),
    ...address,
    lastIndex: number,
    lastTerm: number,
    isTransfer: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("voteResponse" as const), ...address, granted: fc.boolean() }),
  fc.record({ kind: fc.constant("snapshot" as const), ...address, snapshot }),
  fc.record({ kind: fc.constant("timeoutNow" as const), ...address }),
  fc.record({ kind: fc.constant("relinquish" as const), ...address }),
);

function encode(message: Message): Uint8Array {
  const writer = new ByteWriter();
  writeMessage(writer, message);
  return writer.finish();
}

/** Commands come back as views of whatever class; what counts is their bytes. */
function comparable(message: Message): unknown {
  if (message.kind !== "append") return message;
  return {
    ...message,
    entries: message.entries.map((entry) => ({ ...entry, command: [...entry.command] })),
  };
}

test("every message survives encoding", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const reader = new ByteReader(encode(message));
      const decoded = readMessage(reader);
      reader.expectEnd();
      expect(comparable(decoded)).toEqual(comparable(message));
    }),
    { numRuns: 1_000 },
  );
});

test("bytes that were cut or changed are refused or read as some message, never worse", () => {
  fc.assert(
    fc.property(messages, fc.nat(), fc.nat(255), (message, at, value) => {
      const bytes = encode(message);
      const cut = bytes.subarray(0, at % bytes.length);
      expect(() => readMessage(new ByteReader(cut))).toThrow(MalformedBytes);
      const changed = bytes.slice();
      changed[at % bytes.length] = value;
      try {
        readMessage(new ByteReader(changed));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedBytes);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("the hard state survives encoding", () => {
  const state = { term: 7, vote: 3, commit: 2 ** 40 };
  const writer = new ByteWriter();
  writeHardState(writer, state);
  expect(readHardState(new ByteReader(writer.finish()))).toEqual(state);
});
