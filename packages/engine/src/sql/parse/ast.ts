/**
 * The tree that PostgreSQL's grammar builds, as the parser hands it over: one object per node,
 * wrapped in an object whose single key is the node's tag. Fields that are zero, false or empty
 * are absent, so an absent `location` is byte 0 and an absent `ival` is 0.
 */
export type * from "libpg-query";
