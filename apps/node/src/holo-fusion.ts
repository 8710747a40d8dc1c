import { main } from "@holo-fusion/engine/node/main";

await main({
  arguments: process.argv.slice(2),
  environment: process.env,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  onSignal(handler) {
    process.on("SIGTERM", handler);
    process.on("SIGINT", handler);
  },
  onCrash(handler) {
    process.on("uncaughtException", handler);
    process.on("unhandledRejection", handler);
  },
  exit: (code) => process.exit(code),
});
