import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { startConsole, type RunningConsole } from "../console-process.ts";
import { createAdmin, survey, verdict } from "../operator.ts";

const root = resolve(import.meta.dirname, "../..");
const clusterFolder = join(root, "test-results/e2e-cluster");
const firstPort = 27_000;
const reportedWithinMs = 5_000;

/** Ports of its own, so that a cluster of `npm start` may run beside. */
const variables = {
  ...process.env,
  CLUSTER_DIR: clusterFolder,
  ...Object.fromEntries(
    [1, 2, 3].flatMap((node) => [
      [`NODE${node}_PG_PORT`, String(firstPort + 100 + node)],
      [`NODE${node}_HEALTH_PORT`, String(firstPort + 200 + node)],
      [`NODE${node}_GRPC_PORT`, String(firstPort + 300 + node)],
      [`NODE${node}_REDIS_PORT`, String(firstPort + 400 + node)],
    ]),
  ),
};

async function script(name: string, ...words: string[]): Promise<void> {
  await promisify(execFile)("bash", [join(root, "scripts", name), ...words], {
    cwd: root,
    env: variables,
  });
}

function killNode(node: number): void {
  const pidFile = join(clusterFolder, `holo_fusion/pids/node${node}.pid`);
  process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
}

test.describe.configure({ mode: "serial" });

test.describe("three real nodes", () => {
  let running: RunningConsole;
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    await script("start_cluster.sh");
    running = await startConsole({
      port: firstPort + 80,
      nodes: [1, 2, 3].map((node) => `127.0.0.1:${firstPort + 300 + node}`).join(","),
    });
    page = await (await browser.newContext()).newPage();
  });

  test.afterAll(async () => {
    await page?.close();
    await running?.stop();
    await script("stop_cluster.sh");
  });

  test("the first admin sees three nodes and the leaseholder", async () => {
    await createAdmin(page, running.url);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");

    await page.getByRole("link", { name: "Topology" }).click();
    for (const node of [1, 2, 3]) {
      await expect(page.getByRole("button", { name: `n${node}, Ready` })).toBeVisible();
    }
    const ranges = page.getByRole("region", { name: "Ranges and their replicas" });
    await expect(ranges.getByText("leaseholder", { exact: true })).not.toHaveCount(0);
    await expect(ranges.getByRole("row").filter({ hasText: /^n[123]/ })).not.toHaveCount(0);
  });

  test("every page is accessible and fits", async () => {
    await page.goto(`${running.url}/`);
    await expect(verdict(page)).toBeVisible();
    await survey(page, test.info(), "situation");
    await page.goto(`${running.url}/topology`);
    await survey(page, test.info(), "topology-map");
  });

  test("a killed node is the first thing said, within 5 s, and its return too", async () => {
    await page.goto(`${running.url}/`);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");

    killNode(2);
    await expect(verdict(page)).toContainText(/Node.2 does not answer since/, {
      timeout: reportedWithinMs,
    });
    await expect(verdict(page)).toContainText("1 more failure stops writes");
    await expect(page.getByText("2 of 3 nodes answered.")).toBeVisible();

    await script("start_cluster.sh", "--resume");
    await expect(verdict(page)).toContainText("All 3 nodes are ready", { timeout: 30_000 });
    const changes = page.getByRole("list", { name: "Recorded changes" });
    await expect(changes.getByText("Node 2 stopped answering")).toBeVisible();
    await expect(changes.getByText("Node 2 answers again")).toBeVisible();
  });
});
