import { expect, test } from "vitest";
import { ticksFor } from "./time-series.tsx";

test.each([
  [0, [0, 1]],
  [1, [0, 0.25, 0.5, 0.75, 1]],
  [1.06, [0, 0.5, 1, 1.5]],
  [184, [0, 50, 100, 150, 200]],
  [3_300, [0, 1_000, 2_000, 3_000, 4_000]],
  [Number.NaN, [0, 1]],
])("the axis of values up to %d has round ticks", (top, expected) => {
  expect(ticksFor(top)).toEqual(expected);
});
