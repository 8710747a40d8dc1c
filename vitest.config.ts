import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.{ts,tsx}",
            "apps/*/src/**/*.test.{ts,tsx}",
            "bench/**/*.test.ts",
            "scripts/**/*.test.mjs",
            "tools/**/*.test.mjs",
          ],
          exclude: ["**/node_modules/**", "packages/engine/src/testing/process/**"],
          // Generous, for random tests on a busy machine; none waits for time to pass.
          testTimeout: 60_000,
        },
      },
      {
        // Real processes on real ports: one file at a time, bounded in time by each test.
        extends: true,
        test: {
          name: "process",
          include: ["packages/engine/src/testing/process/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
