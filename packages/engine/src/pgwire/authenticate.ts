import { SqlError } from "#base/errors.ts";
import type { Authenticator } from "./authentication.ts";
import {
  writeAuthenticationOk,
  writeSaslContinue,
  writeSaslFinal,
  writeSaslMechanisms,
} from "./backend-messages.ts";
import { MalformedMessage, type MessageReader } from "./message-reader.ts";
import type { MessageWriter } from "./message-writer.ts";
import { ScramExchange, scramMechanism, type ScramVerifier } from "./scram.ts";

/** The client that wants in, as its connection sees it. */
export interface Candidate {
  readonly user: string;
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
  serverNonce(): string;
  /** Sends what was written, then waits for the client's answer. Undefined: it went away. */
  nextAnswer(): Promise<MessageReader | undefined>;
}

/** Lets the candidate prove who it is. Throws 28000 or 28P01; a candidate that went away just ends it. */
export async function authenticate(
  authenticator: Authenticator,
  writer: MessageWriter,
  candidate: Candidate,
): Promise<void> {
  const decision = await authenticator.decide(candidate, candidate.user);
  switch (decision.kind) {
    case "trust":
      writeAuthenticationOk(writer);
      return;
    case "encrypt":
      throw new SqlError(
        "invalid_authorization_specification",
        `connection from host "${candidate.remoteAddress}" must be encrypted`,
        { hint: "Use sslmode=require." },
      );
    case "scram":
      if (await scram(decision.verifier, writer, candidate)) writeAuthenticationOk(writer);
      return;
  }
}

/** True when the proof was good; false when the client went away. */
async function scram(
  verifier: ScramVerifier,
  writer: MessageWriter,
  candidate: Candidate,
): Promise<boolean> {
  const exchange = new ScramExchange(verifier, candidate.serverNonce());
  writeSaslMechanisms(writer, [scramMechanism]);
  const initial = await candidate.nextAnswer();
  if (initial === undefined) return false;
  if (initial.string() !== scramMechanism) {
    throw new MalformedMessage("client selected an invalid SASL authentication mechanism");
  }
  const length = initial.int32();
  const clientFirst = length < 0 ? new Uint8Array(0) : initial.bytes(length);
  initial.end();
  const first = exchange.first(Buffer.from(clientFirst).toString());
  if (!("serverFirst" in first)) throw malformed(first.problem);

  writeSaslContinue(writer, first.serverFirst);
  const answer = await candidate.nextAnswer();
  if (answer === undefined) return false;
  const clientFinal = answer.bytes(answer.remainingBytes);
  const outcome = exchange.final(Buffer.from(clientFinal).toString());
  switch (outcome.kind) {
    case "accepted":
      writeSaslFinal(writer, outcome.serverFinal);
      return true;
    case "refused":
      throw new SqlError(
        "invalid_password",
        `password authentication failed for user "${candidate.user}"`,
      );
    case "malformed":
      throw malformed(outcome.problem);
  }
}

function malformed(problem: string): SqlError {
  return new SqlError("protocol_violation", "malformed SCRAM message", { detail: problem });
}
