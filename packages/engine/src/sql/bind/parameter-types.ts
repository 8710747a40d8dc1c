import { SqlError } from "#base/errors.ts";
import { oids } from "#sql/types/builtin-types.ts";
import { formatType } from "#sql/types/type.ts";

/** A client may number parameters this far, as in PostgreSQL. */
const parameterIndexMax = 65_535;

/**
 * Types of $1, $2 …: given by the client, or decided by the first place that needs one.
 */
export class ParameterTypes {
  readonly #oids: number[];

  constructor(given: readonly number[]) {
    this.#oids = given.map((oid) => (oid === 0 ? oids.unknown : oid));
  }

  /** The type so far; unknown until decided. Mentions count even when nothing decides. */
  typeOf(index: number, position: number | undefined): number {
    if (index < 1 || index > parameterIndexMax) {
      throw new SqlError("undefined_parameter", `there is no parameter $${index}`, { position });
    }
    while (this.#oids.length < index) this.#oids.push(oids.unknown);
    return this.#oids[index - 1] ?? oids.unknown;
  }

  /** Decides the type of a parameter that has none yet; answers the type it has afterwards. */
  decide(index: number, oid: number, position: number | undefined): number {
    const current = this.typeOf(index, position);
    if (current === oids.unknown) {
      this.#oids[index - 1] = oid;
      return oid;
    }
    if (current !== oid) {
      throw new SqlError(
        "ambiguous_parameter",
        `inconsistent types deduced for parameter $${index}`,
        { detail: `${formatType(current)} versus ${formatType(oid)}`, position },
      );
    }
    return current;
  }

  /** All types, in order; 42P18 when one was never decided. */
  settled(): readonly number[] {
    const undecided = this.#oids.indexOf(oids.unknown);
    if (undecided !== -1) {
      throw new SqlError(
        "indeterminate_datatype",
        `could not determine data type of parameter $${undecided + 1}`,
      );
    }
    return this.#oids;
  }
}
