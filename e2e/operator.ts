import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, type TestInfo } from "@playwright/test";

export const admin = {
  name: "Mara Keller",
  email: "mara@example.com",
  password: "correct horse battery",
};

/** Creates the first admin on a console that has none; ends on the Situation page. */
export async function createAdmin(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByRole("heading", { name: "Create the first admin" })).toBeVisible();
  await page.getByLabel("Name").fill(admin.name);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Create admin and sign in" }).click();
  await expect(page.getByRole("link", { name: "Situation" })).toBeVisible();
}

export async function signIn(page: Page, url: string, password = admin.password): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The page's one large sentence. */
export function verdict(page: Page) {
  return page.getByRole("region", { name: "Verdict" }).getByRole("heading", { level: 1 });
}

/** Nothing that axe calls serious or critical; with a list of rules, by those rules. */
export async function expectAccessible(page: Page, rules?: readonly string[]): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules === undefined ? axe : axe.withRules([...rules])).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(
    grave.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.target) })),
  ).toEqual([]);
}

const widths = [1440, 390];
const themes = ["light", "dark"] as const;

/**
 * Looks at the open page at laptop and phone width in both themes: no grave finding of axe, no
 * sideways scrolling, one picture each among the test's results.
 */
export async function survey(page: Page, info: TestInfo, name: string): Promise<void> {
  for (const theme of themes) {
    await page.evaluate((value) => {
      document.documentElement.dataset["theme"] = value;
    }, theme);
    for (const width of widths) {
      await page.setViewportSize({ width, height: width > 1_000 ? 900 : 844 });
      // Charts draw themselves anew after a change of size.
      await page.evaluate(() => new Promise(requestAnimationFrame));
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(overflow, `${name} at ${width} px scrolls sideways`).toBeLessThanOrEqual(0);
      await page.screenshot({
        path: info.outputPath(`${name}-${theme}-${width}.png`),
        fullPage: true,
        animations: "disabled",
      });
    }
    // Between themes only colours differ.
    await expectAccessible(page, theme === "light" ? undefined : ["color-contrast"]);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
