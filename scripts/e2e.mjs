// npm run e2e: the browser tests alone; arguments go to Playwright.
import { findChromium } from "./lib/debian.mjs";
import { installPackages, run, tool } from "./lib/run.mjs";

await installPackages();
const chromium = findChromium();
if (chromium === undefined) {
  console.error(
    "No Chromium here: install it (Debian: apt-get install chromium) or set HOLO_CHROMIUM.",
  );
  process.exit(1);
}
const built = await run(tool("turbo"), ["run", "build", "--output-logs=errors-only"]);
process.exitCode =
  built === 0
    ? await run(tool("playwright"), ["test", ...process.argv.slice(2)], {
        env: { HOLO_CHROMIUM: chromium },
      })
    : built;
