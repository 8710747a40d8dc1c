import type { Log, LogFields } from "#runtime/ports.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Hands each line to a sink; without one, lines are dropped. */
export class SimLog implements Log {
  readonly #sink: ((line: LogLine) => void) | undefined;
  readonly #fields: LogFields;

  constructor(sink?: (line: LogLine) => void, fields: LogFields = {}) {
    this.#sink = sink;
    this.#fields = fields;
  }

  trace(message: string, fields?: LogFields): void {
    this.#write("trace", message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  child(fields: LogFields): Log {
    return new SimLog(this.#sink, { ...this.#fields, ...fields });
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.#sink?.({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
