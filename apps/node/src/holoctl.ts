import { holoctl } from "@holo-fusion/engine/node/holoctl";

process.exitCode = await holoctl({
  arguments: process.argv.slice(2),
  environment: process.env,
  isTerminal: process.stdout.isTTY,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
});
