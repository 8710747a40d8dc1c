import { expect, test } from "vitest";
import { grouped, median, percentile, table } from "./statistics.ts";

test("the median is the middle, or the mean of the two middles", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow("nothing");
});

test("a percentile is one of the values, by nearest rank", () => {
  const values = Array.from({ length: 20 }, (_, index) => index + 1);
  expect(percentile(values, 0.95)).toBe(19);
  expect(percentile(values, 1)).toBe(20);
  expect(percentile([7], 0.5)).toBe(7);
});

test("figures are grouped by thousands", () => {
  expect([0, 999, 1000, 1_234_567.4].map(grouped)).toEqual(["0", "999", "1 000", "1 234 567"]);
});

test("a table aligns its columns", () => {
  expect(
    table([
      ["what", "tps"],
      ["select", "1"],
    ]),
  ).toBe("what    tps\n------  ---\nselect  1");
});
