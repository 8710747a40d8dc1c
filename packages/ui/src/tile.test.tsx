// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { Age } from "./age.tsx";
import { classNames } from "./class-names.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";
import { Kpi } from "./kpi.tsx";
import { Meter } from "./meter.tsx";
import { Tile, type TileState } from "./tile.tsx";

afterEach(cleanup);

describe("a tile", () => {
  test.each<[TileState, string]>([
    [{ kind: "empty", title: "No ranges", next: "Create a table." }, "Create a table."],
    [
      {
        kind: "partial",
        title: "2 of 3 nodes answered",
        missing: "n2 is missing",
        content: "7 /s",
      },
      "n2 is missing",
    ],
    [{ kind: "stale", age: "47 s", since: "From 14:20:53 UTC", content: "7" }, "stale 47 s"],
    [{ kind: "error", title: "Cannot read", detail: "Deadline passed", requestId: "7f20" }, "7f20"],
    [{ kind: "forbidden", title: "Needs operator", who: "Ask Mara" }, "Ask Mara"],
    [{ kind: "unsupported", title: "Needs 1.15", needs: "Nodes run 1.14" }, "Nodes run 1.14"],
    [
      { kind: "disabled", control: <button disabled>Finalize</button>, why: "Soak ends" },
      "Soak ends",
    ],
  ])("%o says what is the matter", (state, text) => {
    render(<Tile state={state} />);
    expect(document.body.textContent).toContain(text);
  });

  test("that loads says so to those who do not see it", () => {
    render(<Tile state={{ kind: "loading" }} />);
    expect(screen.getByRole("status", { name: "Loading" })).toBeDefined();
  });

  test("that failed is an alert", () => {
    render(<Tile state={{ kind: "error", title: "Cannot read", detail: "since 14:20" }} />);
    expect(screen.getByRole("alert").textContent).toContain("Cannot read");
  });
});

test("ages beyond fresh say so in words", () => {
  render(
    <>
      <Age freshness="fresh" text="2 s" />
      <Age freshness="late" text="5 s" />
      <Age freshness="stale" text="47 s" label="data" />
    </>,
  );
  expect(document.body.textContent).toBe("2 slate 5 sdata stale 47 s");
});

test("unknown is a question mark, never zero", () => {
  render(
    <>
      <Meter label="CPU" fraction={undefined} text="0 %" />
      <Kpi
        name="Statements"
        status={{ kind: "unknown", word: "unknown" }}
        value={undefined}
        detail=""
      />
    </>,
  );
  expect(document.body.textContent).not.toContain("0");
  expect(screen.getByRole("meter", { name: "CPU" }).getAttribute("aria-valuetext")).toBe("unknown");
});

test("a field announces its hint and its error with the control", () => {
  render(
    <Field label="Password" hint="12 or more" error="Too short">
      {(control) => <Input {...control} />}
    </Field>,
  );
  const input = screen.getByLabelText("Password");
  const described = (input.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => document.querySelector(`[id="${id}"]`)?.textContent);
  expect(described).toEqual(["12 or more", "Too short"]);
  expect(input.getAttribute("aria-invalid")).toBe("true");
});

test("class names keep both a size and a colour of text, and the later of two sizes", () => {
  expect(classNames("text-small text-ink-2", "text-micro")).toBe("text-ink-2 text-micro");
});
