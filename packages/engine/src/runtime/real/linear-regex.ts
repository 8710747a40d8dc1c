import { setFlagsFromString } from "node:v8";

/**
 * Lets V8 change over to its linear-time engine when an expression backtracks too much, so that a
 * pattern in a query cannot hold the event loop for hours. Before the first expression is compiled.
 */
export function boundRegexBacktracking(): void {
  setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
}
