import { expect, test, type Page } from "@playwright/test";
import { startConsole, type RunningConsole } from "../console-process.ts";
import { FakeCluster } from "../fake-admin.ts";
import { admin, createAdmin, expectAccessible, signIn, survey, verdict } from "../operator.ts";

const reportedWithinMs = 5_000;

test.describe.configure({ mode: "serial" });

test.describe("the console and its cluster", () => {
  const cluster = new FakeCluster({ firstPort: 26_051 });
  const port = 26_080;
  let running: RunningConsole;
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    running = await startConsole({ port, nodes: cluster.addresses });
    page = await (await browser.newContext()).newPage();
  });

  test.afterAll(async () => {
    await page?.close();
    await running?.stop();
    await cluster.stopAll();
  });

  test("sign-in works while no node answers, and tells nothing about them", async () => {
    await page.goto(running.url);
    await expect(page).toHaveURL(/\/sign-in$/);
    const text = await page.locator("body").innerText();
    expect(text).not.toContain("26051");
    expect(text).not.toMatch(/node/i);
    await survey(page, test.info(), "first-run");

    await createAdmin(page, running.url);
    await expect(verdict(page)).toContainText("No node answers the console since");
    await expectAccessible(page);
  });

  test("a wrong password is refused in words, and the console keeps its secrets", async ({
    browser,
  }) => {
    const stranger = await browser.newPage();
    await signIn(stranger, running.url, "not the password");
    await expect(stranger.getByRole("alert").first()).toContainText(
      "Email and password do not belong together",
    );
    const answer = await stranger.request.get(`${running.url}/api/trpc/cluster.current`);
    expect(answer.status()).toBe(401);
    expect(await answer.text()).not.toContain("nodeId");
    await stranger.close();
  });

  test("the nodes appear without a reload", async () => {
    await cluster.startAll();
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
    await expect(verdict(page)).toContainText("1 node may fail before writes stop");
  });

  test("every page is accessible and fits", async () => {
    for (const [name, path] of [
      ["situation", "/"],
      ["topology-map", "/topology"],
      ["topology-table", "/topology?view=table"],
      ["node-panel", "/topology?node=2"],
      ["design-sheet", "/design"],
    ] as const) {
      await page.goto(`${running.url}${path}`);
      await expect(page.locator("main")).toContainText("3 nodes");
      await survey(page, test.info(), name);
    }
  });

  test("a node that dies is the first thing said, within 5 s", async () => {
    await page.goto(running.url);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
    cluster.kill(2);
    await expect(verdict(page)).toContainText(/Node.2 does not answer since/, {
      timeout: reportedWithinMs,
    });
    await expect(verdict(page)).toContainText("1 more failure stops writes");
    await survey(page, test.info(), "node-down");
    await cluster.start(2);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
  });

  test("a node that hangs is seen as fast as one that is gone", async () => {
    cluster.node(3).isHanging = true;
    await expect(verdict(page)).toContainText(/Node.3 does not answer since/, {
      timeout: reportedWithinMs,
    });
    cluster.node(3).isHanging = false;
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
  });

  test("a lost leaseholder is told with what it means, and its successor is shown", async () => {
    cluster.kill(1);
    await expect(verdict(page)).toContainText(/has no leaseholder since/, {
      timeout: reportedWithinMs,
    });
    await expect(verdict(page)).toContainText(/Node.1 does not answer since/);
    await expect(verdict(page)).toContainText("All data is available");
    await expect(page.getByText("Lease of range 1: nobody → n2")).toBeVisible();
    await cluster.start(1);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
  });

  test("without a quorum the data comes first, and unknown is not zero", async () => {
    cluster.kill(2);
    cluster.kill(3);
    await expect(verdict(page)).toContainText(/Range.1 has lost the quorum since/);
    await expect(verdict(page)).toContainText(/Nodes.2 and 3 do not answer/);
  });

  test("with every node gone the last known state stays, with its age", async () => {
    cluster.kill(1);
    await expect(verdict(page)).toContainText("No node answers the console since");
    await page.goto(`${running.url}/topology`);
    await expect(page.getByRole("button", { name: "n1, No answer" })).toBeVisible();
    await expect(page.getByRole("cell", { name: "100 214" }).first()).toBeVisible();
    await expect(page.getByText(/^stale/).first()).toBeVisible();
    await survey(page, test.info(), "no-contact");
  });

  test("a console that starts without a cluster knows what it knew before", async () => {
    await running.stop();
    running = await startConsole({
      port,
      nodes: cluster.addresses,
      dataFolder: running.dataFolder,
    });
    await page.goto(`${running.url}/topology`);
    await expect(page.getByRole("button", { name: "n1, No answer" })).toBeVisible();
    await expect(page.getByRole("cell", { name: "100 214" }).first()).toBeVisible();
    await cluster.startAll();
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
  });

  test("the link is the view: shape, panel and zone come back; what is not understood is said", async () => {
    await page.goto(`${running.url}/topology`);
    await page.getByRole("button", { name: "Table" }).click();
    await expect(page).toHaveURL(/view=table/);
    await page.getByRole("button", { name: "n2", exact: true }).click();
    await expect(page).toHaveURL(/node=2/);
    await page.reload();
    await expect(page.getByRole("dialog", { name: "Node 2" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page).not.toHaveURL(/node=/);

    await page.goto(`${running.url}/topology?tz=Asia/Tokyo&view=tree`);
    await expect(page.getByText("view=tree")).toBeVisible();
    await page.goto(`${running.url}/?tz=Asia/Tokyo`);
    await expect(page.getByText(/GMT\+9/).first()).toBeVisible();
  });

  test("the theme is chosen once and rendered by the server from then on", async () => {
    await page.goto(running.url);
    await page.getByRole("button", { name: new RegExp(admin.name) }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect
      .poll(async () => (await page.request.get(running.url)).text())
      .toContain('data-theme="dark"');
  });

  test("pause holds the page; keys move about", async () => {
    await page.goto(running.url);
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
    await page.keyboard.press("p");
    await expect(page.getByRole("button", { name: "Resume live updates" })).toBeVisible();
    cluster.kill(2);
    await expect(page.getByText(/\d new/)).toBeVisible();
    await expect(verdict(page)).toContainText("All 3 nodes are ready");
    await page.keyboard.press("p");
    await expect(verdict(page)).toContainText(/Node.2 does not answer/);
    await cluster.start(2);

    await page.keyboard.press("g");
    await page.keyboard.press("n");
    await expect(page).toHaveURL(/\/topology/);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  });

  test("refused sign-ins are limited, and nobody becomes admin twice", async ({ browser }) => {
    const stranger = await browser.newPage();
    await stranger.goto(`${running.url}/sign-in`);
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await stranger.getByLabel("Email").fill("nobody@example.com");
      await stranger.getByLabel("Password").fill(`guess ${attempt}`);
      const answered = stranger.waitForResponse(/session\.signIn/);
      await stranger.getByRole("button", { name: "Sign in" }).click();
      await answered;
    }
    await expect(stranger.getByRole("alert").first()).toContainText("Too many refused attempts");

    const second = await stranger.request.post(`${running.url}/api/trpc/session.createAdmin`, {
      headers: { origin: running.url },
      data: { name: "Eve", email: "eve@example.com", password: "a long enough password" },
    });
    expect(second.status()).toBe(409);
    const foreign = await stranger.request.post(`${running.url}/api/trpc/session.signOut`, {
      headers: { origin: "https://elsewhere.example" },
      data: {},
    });
    expect(foreign.status()).toBe(403);
    await stranger.close();
  });
});
