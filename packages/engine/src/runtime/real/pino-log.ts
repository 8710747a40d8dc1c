import { pino, type DestinationStream, type Logger } from "pino";
import type { Log, LogFields } from "#runtime/ports.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** One JSON object per line. Written synchronously, so that the last words of a crash are kept. */
export class PinoLog implements Log {
  readonly #logger: Logger;

  private constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `destination` is a path, or a stream; standard error when left out. */
  static open(options: {
    readonly level: LogLevel;
    readonly destination?: string | DestinationStream | undefined;
    readonly fields?: LogFields;
  }): PinoLog {
    const { destination } = options;
    const stream =
      destination === undefined || typeof destination === "string"
        ? pino.destination({ dest: destination ?? 2, sync: true, mkdir: true })
        : destination;
    return new PinoLog(
      pino(
        {
          level: options.level,
          base: options.fields ?? null,
          messageKey: "message",
          timestamp: pino.stdTimeFunctions.isoTime,
          formatters: { level: (level) => ({ level }) },
          serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
        },
        stream,
      ),
    );
  }

  trace(message: string, fields: LogFields = {}): void {
    this.#logger.trace(fields, message);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(fields, message);
  }

  child(fields: LogFields): Log {
    return new PinoLog(this.#logger.child(fields));
  }
}
