import { describe, expect, test } from "vitest";
import { readConfiguration } from "./configuration.ts";

describe("the configuration", () => {
  test("has defaults for the cluster of npm start", () => {
    expect(readConfiguration({})).toMatchObject({
      nodes: ["127.0.0.1:15051", "127.0.0.1:15052", "127.0.0.1:15053"],
      environment: "development",
      tls: undefined,
    });
  });

  test("takes a list with blanks, and an empty variable as unset", () => {
    const { nodes, databaseUrl } = readConfiguration({
      HOLO_CONSOLE_NODES: " a:1 , b:2 ,",
      DATABASE_URL: "",
    });
    expect(nodes).toEqual(["a:1", "b:2"]);
    expect(databaseUrl).toBeUndefined();
  });

  test.each([
    [{ HOLO_CONSOLE_NODES: "localhost" }, "HOLO_CONSOLE_NODES"],
    [{ HOLO_CONSOLE_ENVIRONMENT: "prod" }, "HOLO_CONSOLE_ENVIRONMENT"],
    [{ HOLO_CONSOLE_SECRET: "short" }, "HOLO_CONSOLE_SECRET"],
    [{ HOLO_CONSOLE_URL: "console" }, "HOLO_CONSOLE_URL"],
    [
      { HOLO_CONSOLE_TLS_CA: "/ca.pem" },
      "HOLO_CONSOLE_TLS_CA, _CERT and _KEY must be set together",
    ],
  ])("refuses %o in one line that names the variable", (variables, text) => {
    expect(() => readConfiguration(variables)).toThrow(text);
  });
});
