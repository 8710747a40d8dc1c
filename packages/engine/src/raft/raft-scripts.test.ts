import { runScripts } from "#testing/datadriven.ts";
import { raftScriptHandler } from "#testing/raft-script.ts";

runScripts(new URL("./testdata/", import.meta.url), raftScriptHandler);
