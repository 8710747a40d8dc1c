import type { OutputColumn } from "#sql/bind/query-plan.ts";
import { oids } from "#sql/types/builtin-types.ts";
import type { FormatSettings, InputContext } from "#sql/types/format-settings.ts";
import { expandFormats } from "./frontend-messages.ts";
import { RowEncoder } from "./row-encoder.ts";

interface Entry {
  readonly sentFormats: readonly (0 | 1)[];
  readonly settings: FormatSettings;
  readonly encoder: RowEncoder | undefined;
}

/** Types whose text form names a catalog object, which may be renamed between two statements. */
const catalogTypes = new Set<number>([
  oids.regproc,
  oids.regprocedure,
  oids.regclass,
  oids.regtype,
  oids.regnamespace,
  oids.regrole,
  oids.regprocArray,
  oids.regprocedureArray,
  oids.regclassArray,
  oids.regtypeArray,
  oids.regnamespaceArray,
  oids.regroleArray,
  oids.record,
  oids.recordArray,
]);

const allText: readonly (0 | 1)[] = [];

/**
 * Keeps the last row encoder of each list of columns. A prepared statement describes its result
 * with the same list each time, so its executions share one encoder.
 */
export class EncoderCache {
  readonly #entries = new WeakMap<readonly OutputColumn[], Entry>();

  /** One format per column; 08P01 when Bind gave the wrong number. */
  formats(
    columns: readonly OutputColumn[],
    sentFormats: readonly (0 | 1)[] = allText,
  ): readonly (0 | 1)[] {
    return expandFormats(sentFormats, columns.length, (sent) => {
      return `bind message has ${sent} result formats but query has ${columns.length} columns`;
    });
  }

  get(
    columns: readonly OutputColumn[],
    sentFormats: readonly (0 | 1)[] = allText,
    context: InputContext,
  ): RowEncoder {
    const kept = this.#entries.get(columns);
    if (
      kept?.encoder !== undefined &&
      kept.settings === context.format &&
      isSame(kept.sentFormats, sentFormats)
    ) {
      return kept.encoder;
    }
    const formats = this.formats(columns, sentFormats);
    const encoder = new RowEncoder(columns, formats, context);
    const mayKeep = !columns.some((column) => catalogTypes.has(column.type.oid));
    this.#entries.set(columns, {
      sentFormats,
      settings: context.format,
      encoder: mayKeep ? encoder : undefined,
    });
    return encoder;
  }
}

function isSame(a: readonly (0 | 1)[], b: readonly (0 | 1)[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
