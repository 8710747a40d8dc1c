import { describe, expect, test } from "vitest";
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDuration,
  formatFigure,
  formatList,
  formatNodes,
  formatOffset,
  formatPercent,
  formatTime,
  isTimeZone,
} from "./format.ts";

const plain = (text: string) => text.replace(/[\u2009\u00a0]/g, " ");

describe("figures", () => {
  test.each([
    [formatCount(0), "0"],
    [formatCount(999), "999"],
    [formatCount(8_420), "8 420"],
    [formatCount(12_345_678), "12 345 678"],
    [formatFigure(0), "0"],
    [formatFigure(0.4), "0.4"],
    [formatFigure(12.4), "12.4"],
    [formatFigure(10), "10"],
    [formatFigure(1_840.2), "1 840"],
    [formatPercent(0.414), "41 %"],
    [formatPercent(0.004), "0.4 %"],
    [formatPercent(0), "0 %"],
    [formatBytes(512), "512 B"],
    [formatBytes(164 * 1024 ** 2), "164 MiB"],
    [formatBytes(57.4 * 1024 ** 3), "57.4 GiB"],
    [formatOffset(0.001), "0 ms"],
    [formatOffset(3.2), "+3.2 ms"],
    [formatOffset(-180), "−180 ms"],
    [formatAmount(1, "entry", "entries"), "1 entry"],
    [formatAmount(2, "entry", "entries"), "2 entries"],
    [formatNodes([2]), "node 2"],
    [formatNodes([1, 2, 3]), "nodes 1, 2 and 3"],
    [formatList([]), ""],
  ])("%s", (written, expected) => {
    expect(plain(written)).toBe(expected);
  });
});

describe("times", () => {
  test.each([
    [0, "0 s"],
    [999, "0 s"],
    [2_000, "2 s"],
    [19 * 60_000 + 30_000, "19 min 30 s"],
    [3_600_000, "1 h"],
    [3 * 3_600_000 + 5 * 60_000 + 9_000, "3 h 5 min"],
    [4 * 86_400_000 + 2 * 3_600_000, "4 d 2 h"],
  ])("%d ms", (durationMs, expected) => {
    expect(plain(formatDuration(durationMs))).toBe(expected);
  });

  test("the zone is always printed, the day only when it is not today", () => {
    const nowMs = Date.UTC(2026, 10, 23, 14, 30);
    const atMs = Date.UTC(2026, 10, 23, 14, 2, 10);
    expect(plain(formatTime(atMs, { zone: "UTC", nowMs }))).toBe("14:02:10 UTC");
    expect(plain(formatTime(atMs, { zone: "Asia/Tokyo", nowMs }))).toBe("23:02:10 GMT+9");
    expect(plain(formatTime(atMs, { zone: "UTC", nowMs: nowMs + 86_400_000 }))).toBe(
      "23 Nov, 14:02:10 UTC",
    );
  });

  test("names of zones", () => {
    expect(isTimeZone("Europe/Berlin")).toBe(true);
    expect(isTimeZone("Mars/Olympus")).toBe(false);
  });
});
