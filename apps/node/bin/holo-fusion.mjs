#!/usr/bin/env node
import { builtProgram } from "./launch.mjs";

await import(builtProgram("holo-fusion"));
