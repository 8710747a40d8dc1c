import type { Session } from "#sql/session/protocol.ts";
import {
  writeBindComplete,
  writeCloseComplete,
  writeNoData,
  writeParameterDescription,
  writeParseComplete,
  writePortalSuspended,
  writeRowDescription,
} from "./backend-messages.ts";
import { EncoderCache } from "./encoder-cache.ts";
import { frontend, readBind, readExecute, readParse, readTarget } from "./frontend-messages.ts";
import type { MessageReader } from "./message-reader.ts";
import type { Output } from "./output.ts";
import type { ResultWriter } from "./result-writer.ts";

/**
 * The messages of the extended protocol between two Syncs, as calls of the session: Parse, Bind,
 * Describe, Execute, Close. What the session answers at once is answered at once here: a promise
 * for each message would cost a prepared read more than the read itself.
 */
export class ExtendedMessages {
  readonly #reader: MessageReader;
  readonly #output: Output;
  readonly #results: ResultWriter;
  readonly #session: () => Session;
  readonly #encoders = new EncoderCache();
  /** Result formats as Bind gave them, by portal. */
  readonly #portalFormats = new Map<string, readonly (0 | 1)[]>();

  constructor(
    reader: MessageReader,
    output: Output,
    results: ResultWriter,
    session: () => Session,
  ) {
    this.#reader = reader;
    this.#output = output;
    this.#results = results;
    this.#session = session;
  }

  /** Portals ended with their transaction. */
  forgetPortals(): void {
    this.#portalFormats.clear();
  }

  /** The message that the reader has just come to. Throws, or rejects, with what ends the batch. */
  handle(type: number): Promise<void> | undefined {
    switch (type) {
      case frontend.parse:
        return this.#parse();
      case frontend.bind:
        return this.#bind();
      case frontend.describe:
        this.#describe();
        return undefined;
      case frontend.execute:
        return this.#execute();
      case frontend.close:
        this.#closeTarget();
        return undefined;
      default:
        return undefined;
    }
  }

  async #parse(): Promise<void> {
    const { statement, text, parameterTypeOids } = readParse(this.#reader);
    await this.#session().parse(statement, text, parameterTypeOids);
    writeParseComplete(this.#output.writer);
  }

  #bind(): Promise<void> | undefined {
    const message = readBind(this.#reader);
    const bound = (): void => {
      this.#portalFormats.set(message.portal, message.resultFormats);
      writeBindComplete(this.#output.writer);
    };
    const step = this.#session().bind(message);
    if (step !== undefined) return step.then(bound);
    bound();
    return undefined;
  }

  #describe(): void {
    const target = readTarget(this.#reader);
    const { writer } = this.#output;
    const session = this.#session();
    if (target.kind === "statement") {
      const description = session.describeStatement(target.name);
      writeParameterDescription(writer, description.parameterTypeOids);
      if (description.columns === undefined) writeNoData(writer);
      else writeRowDescription(writer, description.columns, undefined);
      return;
    }
    const columns = session.describePortal(target.name);
    if (columns === undefined) {
      writeNoData(writer);
      return;
    }
    const formats = this.#encoders.formats(columns, this.#portalFormats.get(target.name));
    writeRowDescription(writer, columns, formats);
  }

  #execute(): Promise<void> | undefined {
    const { portal, rowsMax } = readExecute(this.#reader);
    const session = this.#session();
    const columns = session.describePortal(portal);
    const encoder =
      columns === undefined
        ? undefined
        : this.#encoders.get(columns, this.#portalFormats.get(portal), session.inputContext);
    this.#results.begin(encoder);
    let outcome: boolean | Promise<boolean> | undefined;
    try {
      // Only a statement that is known to be the last of its batch may commit by itself.
      const syncFollows = this.#reader.nextType === frontend.sync;
      outcome = session.execute(portal, rowsMax, this.#results, syncFollows);
      if (outcome === false) writePortalSuspended(this.#output.writer);
    } finally {
      if (!(outcome instanceof Promise)) this.#results.finish();
    }
    return outcome instanceof Promise ? this.#finishExecute(outcome) : undefined;
  }

  async #finishExecute(outcome: Promise<boolean>): Promise<void> {
    try {
      if (!(await outcome)) writePortalSuspended(this.#output.writer);
    } finally {
      this.#results.finish();
    }
  }

  #closeTarget(): void {
    const target = readTarget(this.#reader);
    const session = this.#session();
    if (target.kind === "statement") {
      session.closeStatement(target.name);
    } else {
      session.closePortal(target.name);
      this.#portalFormats.delete(target.name);
    }
    writeCloseComplete(this.#output.writer);
  }
}
