// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  answering,
  evidence,
  nodeAnswer,
  nodeSummary,
  silent,
  testNowMs,
  topologyWithout,
  viewOf,
} from "../../cluster/fixtures.ts";
import { faultsOf } from "../shell/unknown-parameters.tsx";
import { TopologyView } from "./topology-view.tsx";

vi.mock("../live/live.tsx", () => ({ useLive: () => ({ nowMs: testNowMs }) }));
vi.mock("next/navigation", () => ({ useSearchParams: () => new URLSearchParams() }));

afterEach(cleanup);

const time = { zone: "UTC", nowMs: testNowMs };
const oneDown = evidence({
  nodes: [answering(1), silent(2), answering(3)],
  topology: { topology: topologyWithout(2), receivedAtMs: testNowMs - 300 },
});

function show(
  given: ReturnType<typeof evidence>,
  changes: Partial<Parameters<typeof TopologyView>[0]> = {},
): void {
  render(
    <TopologyView
      view={viewOf(given)}
      time={time}
      shape="map"
      openNode={undefined}
      onShape={() => undefined}
      onOpenNode={() => undefined}
      {...changes}
    />,
  );
}

describe("the Topology page", () => {
  test("the map has one column per zone and a button per node", () => {
    const onOpenNode = vi.fn<(nodeId: number | undefined) => void>();
    show(oneDown, { onOpenNode });
    expect(screen.getByRole("region", { name: "Zone b" })).toBeDefined();
    fireEvent.click(screen.getByRole("button", { name: /^n2, No answer/ }));
    expect(onOpenNode).toHaveBeenCalledWith(2);
  });

  test("the table is worst first and says unknown for what is held", () => {
    show(oneDown, { shape: "table" });
    const table = screen.getByRole("region", { name: "Nodes, worst first" });
    const [, first] = within(table).getAllByRole("row");
    expect(first?.textContent).toContain("n2");
    expect(first?.textContent).toContain("unknown");
    expect(first?.textContent).not.toMatch(/\b0 %/);
  });

  test("the panel of a node shows its failed checks first", () => {
    const summary = nodeSummary(3, { health: "degraded" });
    const degraded = nodeAnswer(summary, {
      checks: [
        { name: "storage", passed: true, detail: "", checkedAtMs: testNowMs },
        { name: "clock", passed: false, detail: "180 ms off.", checkedAtMs: testNowMs },
      ],
    });
    show(evidence({ nodes: [answering(1), answering(2), { ...answering(3), answer: degraded }] }), {
      openNode: 3,
    });
    const panel = screen.getByRole("dialog", { name: "Node 3" });
    const checks = within(panel).getAllByRole("listitem");
    expect(checks[0]?.textContent).toContain("clock failed");
    expect(checks[1]?.textContent).toContain("storage passed");
  });

  test("a node that does not exist is said so, with those that do", () => {
    show(evidence(), { openNode: 9 });
    expect(screen.getByText("There is no node 9")).toBeDefined();
    expect(screen.getByText("Known are n1, n2, n3.")).toBeDefined();
  });
});

test.each([
  ["/", "", []],
  ["/", "tz=Europe/Berlin", []],
  ["/", "tz=Nowhere", ["tz=Nowhere"]],
  ["/", "node=2", ["node=2"]],
  ["/topology", "view=map&node=2", []],
  ["/topology", "view=tree&node=two", ["view=tree", "node=two"]],
  ["/topology", "__proto__=1", ["__proto__=1"]],
])("what %s does not understand of %s", (path, query, faults) => {
  expect(faultsOf(path, new URLSearchParams(query))).toEqual(faults);
});
