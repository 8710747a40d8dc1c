#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { builtProgram } from "./launch.mjs";

// Set before the program is loaded: a young generation that holds what one statement makes, so
// that it dies young, and not more, so that an idle node stays small.
setFlagsFromString("--max-semi-space-size=16");
setFlagsFromString("--min-semi-space-size=4");

await import(builtProgram("holo-fusion"));
