import { defineConfig } from "@playwright/test";

/**
 * Two projects: `console` drives the built console against scripted admin servers, `cluster` against
 * three real nodes. Each starts and stops what it needs; the console must be built before.
 */
export default defineConfig({
  outputDir: "test-results/browser",
  fullyParallel: false,
  // One console and one cluster at a time: these tests share the machine with what they test.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["HOLO_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "console", testDir: "e2e/console" },
    { name: "cluster", testDir: "e2e/cluster" },
  ],
});
