/** A type as stored: PostgreSQL's oid and modifier (-1: none). */
export interface TypeRefData {
  readonly oid: number;
  readonly typmod: number;
}
