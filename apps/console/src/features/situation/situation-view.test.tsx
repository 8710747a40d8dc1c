// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  answering,
  evidence,
  silent,
  testNowMs,
  topologyWithout,
  viewOf,
} from "../../cluster/fixtures.ts";
import type { Live } from "../live/live.tsx";
import { SituationView } from "./situation-view.tsx";

const live: Live = {
  nowMs: testNowMs,
  isPaused: false,
  heldViews: 0,
  isConnected: true,
  setPaused: () => undefined,
};
vi.mock("../live/live.tsx", () => ({ useLive: () => live }));

afterEach(cleanup);

const time = { zone: "UTC", nowMs: testNowMs };

function show(given: ReturnType<typeof evidence>): void {
  const page: ReactElement = (
    <SituationView view={viewOf(given)} changes={[]} samples={[]} time={time} />
  );
  render(page);
}

const oneDown = evidence({
  nodes: [answering(1), silent(2), answering(3)],
  topology: { topology: topologyWithout(2), receivedAtMs: testNowMs - 300 },
});

describe("the Situation page", () => {
  test("when all is well says so and claims no problem", () => {
    show(evidence());
    expect(screen.getByRole("heading", { level: 1 }).textContent).toMatch(/^All 3 nodes are ready/);
    expect(screen.getByText("Nothing is wrong")).toBeDefined();
    expect(screen.queryByText(/nodes answered/)).toBeNull();
  });

  test("with a node down leads with it and says whom the sums leave out", () => {
    show(oneDown);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toMatch(
      /^Node.2 does not answer/,
    );
    expect(screen.getByText("2 of 3 nodes answered.")).toBeDefined();
    expect(screen.getByText("no answer: n2")).toBeDefined();
    expect(
      screen.getByText("now, sum of 2 nodes", { normalizer: (text) => text.replace(/\s/g, " ") }),
    ).toBeDefined();
    expect(screen.getByRole("link", { name: "Show n2" }).getAttribute("href")).toBe(
      "/topology?node=2",
    );
  });

  test("without any contact draws question marks, not zeros", () => {
    show(evidence({ nodes: [silent(1), silent(2), silent(3)] }));
    const figures = screen.getByRole("region", { name: "Service levels" });
    expect(figures.textContent).toContain("0of 3");
    // Ranges, failures left, statements and clock spread.
    expect(figures.textContent?.match(/\?/g)).toHaveLength(4);
  });

  test("every status carries a word beside its shape", () => {
    show(oneDown);
    for (const shape of document.querySelectorAll("svg[viewBox='0 0 12 12']")) {
      expect(shape.getAttribute("aria-hidden")).toBe("true");
      expect(shape.parentElement?.textContent?.trim()).not.toBe("");
    }
  });
});
