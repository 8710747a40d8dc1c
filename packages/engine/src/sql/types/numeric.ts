/**
 * PostgreSQL's numeric: an exact decimal with a display scale, or NaN, or an infinity.
 *
 * - A finite value is coefficient / 10^scale; scale is the number of digits shown after the point.
 * - For the special values coefficient and scale are 0.
 */
export class Numeric {
  readonly kind: "finite" | "nan" | "infinity" | "-infinity";
  readonly coefficient: bigint;
  readonly scale: number;

  constructor(kind: Numeric["kind"], coefficient: bigint, scale: number) {
    this.kind = kind;
    this.coefficient = coefficient;
    this.scale = scale;
  }
}
