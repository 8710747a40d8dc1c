import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "#base/version.ts";
import { ConfigError, describeKnobs, readConfig } from "./config.ts";
import { knobs, laterVariables, scriptVariables } from "./knobs.ts";

test("flags win over variables, variables over defaults, and each says where it came from", () => {
  const config = readConfig(["--pg-port", "6000", "--health-addr=[::1]:7000"], {
    HOLO_FUSION_PG_PORT: "5000",
    HOLO_FUSION_NODE_ID: "3",
  });
  expect(config.values.pgPort).toBe(6000);
  expect(config.values.healthAddress).toEqual({ host: "::1", port: 7000 });
  expect(config.dataFolder).toBe("./tmp/cluster/holo_fusion/node-3");
  const sources = new Map(config.views.map((view) => [view.name, view.source]));
  expect(sources.get("pg_port")).toBe("flag");
  expect(sources.get("node_id")).toBe("environment");
  expect(sources.get("pg_host")).toBe("default");
});

test.each([
  [["--pg-port", "65536"], {}, '--pg-port is "65536"; expected a whole number from 0 to 65535'],
  [[], { HOLO_FUSION_PG_PORT: "1e3" }, 'HOLO_FUSION_PG_PORT is "1e3"; expected a whole number'],
  [[], { HOLO_FUSION_NODE_ID: "" }, 'HOLO_FUSION_NODE_ID is ""; expected a whole number'],
  [[], { HOLO_FUSION_BOOTSTRAP: "yes" }, "expected true or false"],
  [[], { HOLO_FUSION_HEALTH_ADDR: "localhost" }, "expected host:port"],
  [[], { HOLO_FUSION_JOIN_ADDR: "a:1,b" }, "expected host:port"],
  [[], { HOLO_FUSION_LOG_LEVEL: "loud" }, "expected one of trace, debug"],
  [[], { HOLO_FUSION_LOCALITY: "region=eu,region=us" }, "expected tiers"],
  [[], { HOLO_FUSION_REPLICATION_FACTOR: "4" }, "expected an odd number"],
  [[], { HOLO_FUSION_PG_HOST: "0.0.0.0" }, "beyond loopback HOLO_FUSION_TLS_CERT_FILE"],
  [[], { HOLO_FUSION_HOLOSTORE_GRPC_ADDR: "10.0.0.1:15051" }, "HOLO_FUSION_TLS_CA_FILE must be"],
  [[], { HOLO_FUSION_TLS_KEY_FILE: "key.pem" }, "go together; only one is set"],
  [["--pg-port=18081"], {}, "HOLO_FUSION_PG_PORT and HOLO_FUSION_HEALTH_ADDR are both"],
  [["--no-such"], {}, "--no-such is not a flag; see --help"],
  [["stray"], {}, "stray is not a flag"],
  [["--pg-port"], {}, "--pg-port needs a value"],
] as const)("%j %j is refused: %s", (flags, environment, problem) => {
  let message = "";
  try {
    readConfig(flags, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    message = (error as ConfigError).message;
  }
  expect(message).toContain(problem);
  expect(message).not.toContain("\n");
});

test("variables of the original that have no effect yet, and unknown ones, only warn", () => {
  const { warnings } = readConfig([], {
    HOLO_FUSION_CBO_ENABLED: "true",
    HOLO_RANGE_SPLIT_STRATEGY: "adaptive",
    HOLO_FUSION_PGPORT: "1",
    HOLO_FUSION_CLEANUP: "1",
    PATH: "/bin",
  });
  expect(warnings).toEqual([
    "accepted and without effect in this release: HOLO_FUSION_CBO_ENABLED, HOLO_RANGE_SPLIT_STRATEGY",
    "not known and ignored: HOLO_FUSION_PGPORT",
  ]);
});

test("a node that is given a member joins, unless bootstrap is asked for in so many words", () => {
  expect(readConfig([], {}).mode).toBe("bootstrap");
  expect(readConfig(["--join", "127.0.0.1:1"], {}).mode).toBe("join");
  expect(readConfig(["--join", "127.0.0.1:1", "--bootstrap"], {}).mode).toBe("bootstrap");
  expect(readConfig(["--bootstrap=false"], {}).mode).toBe("join");
});

test("each variable and flag means one thing, defaults are within bounds, and help names them all", () => {
  const all = Object.values(knobs);
  const variables = all.map((knob): string => knob.variable);
  const flags = all.map((knob) => knob.flag);
  expect(new Set(variables).size).toBe(all.length);
  expect(new Set(flags).size).toBe(all.length);
  for (const knob of all) {
    expect(knob.parse(knob.defaultText)).toHaveProperty("value");
    expect(laterVariables.has(knob.variable) || scriptVariables.has(knob.variable)).toBe(false);
    expect(describeKnobs()).toContain(knob.variable);
  }
});

test("the release's number is that of the packages", () => {
  const url = new URL("../../package.json", import.meta.url);
  expect(JSON.parse(readFileSync(url, "utf8"))).toMatchObject({ version });
});
