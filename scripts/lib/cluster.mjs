// The three-node cluster on this machine, behind start_cluster.sh and stop_cluster.sh.
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { root, run, tool } from "./run.mjs";

const startUsage = `Usage: scripts/start_cluster.sh [--resume]

Starts three nodes in the background and waits until each is ready
and every range has its replicas.

  --resume   keep the data, start only the nodes that are down
  --help     this text

Without --resume a cluster that runs is stopped and its data deleted first.

Variables: CLUSTER_DIR (default .cluster), NODE{1,2,3}_{ID,PG_PORT,HEALTH_PORT,REDIS_PORT,GRPC_PORT},
HOLO_FUSION_PG_HOST, HOLO_FUSION_HEALTH_HOST, HOLO_FUSION_HOLOSTORE_GRPC_HOST,
HOLO_FUSION_HOLOSTORE_REDIS_HOST (default 127.0.0.1), HOLO_FUSION_READY_TIMEOUT_SEC (45),
HOLO_FUSION_CLEANUP=0 (keep the data), HOLO_FUSION_BUILD=1 (build first),
HOLO_FUSION_BIN (the program to run). Every other HOLO_FUSION_* and HOLO_* variable reaches the nodes as it is.
`;

const stopUsage = `Usage: scripts/stop_cluster.sh [--keep]

Ends the nodes that start_cluster.sh started (SIGTERM, after 15 s SIGKILL) and deletes their data.

  --keep   leave data and logs
  --help   this text
`;

const env = process.env;
const folder = join(resolve(root, env.CLUSTER_DIR ?? ".cluster"), "holo_fusion");
const host = {
  pg: env.HOLO_FUSION_PG_HOST ?? "127.0.0.1",
  health: env.HOLO_FUSION_HEALTH_HOST ?? "127.0.0.1",
  grpc: env.HOLO_FUSION_HOLOSTORE_GRPC_HOST ?? "127.0.0.1",
  redis: env.HOLO_FUSION_HOLOSTORE_REDIS_HOST ?? "127.0.0.1",
};

function portOf(node, kind, standard) {
  const name = `NODE${node}_${kind}_PORT`;
  const text = env[name] ?? String(standard);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${name} is ${JSON.stringify(text)}; a port is a number from 1 to 65535`);
  }
  return port;
}

const nodes = () =>
  [1, 2, 3].map((node) => ({
    node,
    id: env[`NODE${node}_ID`] ?? String(node),
    pgPort: portOf(node, "PG", 55_431 + node),
    healthPort: portOf(node, "HEALTH", 18_080 + node),
    grpcPort: portOf(node, "GRPC", 15_050 + node),
    redisPort: portOf(node, "REDIS", 16_378 + node),
    pidFile: join(folder, `pids/node${node}.pid`),
    log: join(folder, `logs/node${node}.log`),
    data: join(folder, `data/node${node}`),
  }));

const sleep = (ms) =>
  new Promise((done) => {
    setTimeout(done, ms);
  });

/**
 * The process a pid file names, if it is still the node it named: the number may have been given
 * to another process since.
 */
function runningPid(node) {
  try {
    const pid = Number(readFileSync(node.pidFile, "utf8"));
    process.kill(pid, 0);
    if (!existsSync("/proc/self/environ")) return pid;
    const isOurs = readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .includes(`HOLO_FUSION_HOLOSTORE_DATA_DIR=${node.data}`);
    return isOurs ? pid : undefined;
  } catch {
    // No pid file, no such process, or it ended while we looked.
    return undefined;
  }
}

function isListening(address, port) {
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.setTimeout(500, () => end(false));
  });
}

async function refuseTakenPorts(starting) {
  for (const node of starting) {
    for (const [what, address, port] of [
      ["PG", host.pg, node.pgPort],
      ["HEALTH", host.health, node.healthPort],
      ["GRPC", host.grpc, node.grpcPort],
    ]) {
      if (await isListening(address, port)) {
        throw new Error(
          `port ${port} is in use, so node ${node.node} cannot start; free it or set NODE${node.node}_${what}_PORT`,
        );
      }
    }
  }
}

function startNode(node, all) {
  const first = all[0];
  mkdirSync(node.data, { recursive: true });
  const output = openSync(node.log, "a");
  const binary = env.HOLO_FUSION_BIN ?? join(root, "apps/node/bin/holo-fusion.mjs");
  const isScript = /\.m?js$/.test(binary);
  const child = spawn(isScript ? process.execPath : binary, isScript ? [binary] : [], {
    cwd: root,
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...env,
      HOLO_FUSION_NODE_ID: node.id,
      HOLO_FUSION_PG_HOST: host.pg,
      HOLO_FUSION_PG_PORT: String(node.pgPort),
      HOLO_FUSION_HEALTH_ADDR: `${host.health}:${node.healthPort}`,
      HOLO_FUSION_HOLOSTORE_GRPC_ADDR: `${host.grpc}:${node.grpcPort}`,
      // The Redis listener is off unless somebody asks for it.
      ...(env[`NODE${node.node}_REDIS_PORT`] === undefined
        ? {}
        : { HOLO_FUSION_HOLOSTORE_REDIS_ADDR: `${host.redis}:${node.redisPort}` }),
      HOLO_FUSION_HOLOSTORE_DATA_DIR: node.data,
      ...(node === first
        ? { HOLO_FUSION_BOOTSTRAP: "true" }
        : {
            HOLO_FUSION_BOOTSTRAP: "false",
            HOLO_FUSION_JOIN_ADDR: `${host.grpc}:${first.grpcPort}`,
          }),
    },
  });
  closeSync(output);
  const state = { ended: undefined };
  child.on("error", (error) => {
    state.ended = error.message;
  });
  child.on("exit", (code, signal) => {
    state.ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  if (child.pid !== undefined) writeFileSync(node.pidFile, String(child.pid));
  child.unref();
  return state;
}

const lastLines = (path, count) =>
  existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n").slice(-count).join("\n") : "";

async function waitUntilReady(node, state, deadlineMs) {
  for (;;) {
    if (state?.ended !== undefined) {
      throw new Error(
        `node ${node.node} ended with ${state.ended}:\n${lastLines(node.log, 5)}\nits log: ${node.log}`,
      );
    }
    const address = `http://${host.health}:${node.healthPort}`;
    const ready = await fetch(`${address}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    if (Date.now() > deadlineMs) {
      const said = await fetch(`${address}/state`).then(
        (response) => response.text(),
        () => "no answer",
      );
      throw new Error(
        `node ${node.node} is not ready in time: ${said.trim()}; its log: ${node.log}`,
      );
    }
    await sleep(50);
  }
}

/** What `holoctl topology` says of the ranges, asked of one node; undefined when it does not answer. */
function rangesAsSeenBy(node) {
  const holoctl = join(root, "apps/node/bin/holoctl.mjs");
  const target = `${host.grpc}:${node.grpcPort}`;
  const asked = spawnSync(process.execPath, [holoctl, "--target", target, "--json", "topology"], {
    encoding: "utf8",
  });
  return asked.status === 0 ? JSON.parse(asked.stdout) : undefined;
}

/**
 * A node is ready as soon as it can serve; a new cluster survives the loss of a node only once every
 * range has its replicas. A script that kills one right away should find that it does.
 */
async function waitUntilReplicated(node, deadlineMs) {
  for (;;) {
    const topology = rangesAsSeenBy(node);
    const isReplicated = topology?.ranges.every(
      ({ replicas }) =>
        replicas.length >= Math.min(topology.replicationFactor, topology.nodes.length) &&
        replicas.every(({ role, reported }) => role === "voter" && reported),
    );
    if (isReplicated === true) return;
    if (Date.now() > deadlineMs) {
      throw new Error(
        `the ranges are not replicated in time; node ${node.node}'s log: ${node.log}`,
      );
    }
    await sleep(100);
  }
}

async function stopNodes(all = nodes()) {
  const running = all
    .map((node) => ({ node, pid: runningPid(node) }))
    .filter(({ pid }) => pid !== undefined);
  for (const { pid } of running) process.kill(pid, "SIGTERM");
  const deadlineMs = Date.now() + 15_000;
  for (const { node, pid } of running) {
    while (runningPid(node) !== undefined) {
      if (Date.now() > deadlineMs) {
        console.log(`node ${node.node} (pid ${pid}) did not end on SIGTERM; killed`);
        process.kill(pid, "SIGKILL");
        await sleep(100);
        break;
      }
      await sleep(50);
    }
    rmSync(node.pidFile, { force: true });
  }
  return running.length;
}

/** Deletes what the cluster wrote, and nothing else that may lie in CLUSTER_DIR. */
function deleteFiles() {
  for (const part of ["data", "logs", "pids"]) {
    rmSync(join(folder, part), { recursive: true, force: true });
  }
}

async function start(args) {
  if (env.HOLO_FUSION_BUILD === "1") {
    const built = await run(tool("turbo"), ["run", "build", "--output-logs=errors-only"]);
    if (built !== 0) throw new Error(`the build ended with exit code ${built}`);
  }
  const resume = args.includes("--resume") || env.HOLO_FUSION_CLEANUP === "0";
  const all = nodes();
  if (!resume) {
    await stopNodes();
    deleteFiles();
  }
  for (const part of ["data", "logs", "pids"]) mkdirSync(join(folder, part), { recursive: true });

  const starting = all.filter((node) => runningPid(node) === undefined);
  await refuseTakenPorts(starting);
  const timeoutSec = Number(env.HOLO_FUSION_READY_TIMEOUT_SEC ?? "45");
  if (!(timeoutSec > 0)) throw new Error("HOLO_FUSION_READY_TIMEOUT_SEC must be a positive number");
  const states = new Map(starting.map((node) => [node, startNode(node, all)]));
  const deadlineMs = Date.now() + timeoutSec * 1000;
  try {
    await Promise.all(all.map((node) => waitUntilReady(node, states.get(node), deadlineMs)));
    await waitUntilReplicated(all[0], deadlineMs);
  } catch (error) {
    // What this call started it ends again: a failed start leaves nothing behind.
    await stopNodes(starting);
    throw error;
  }

  for (const node of all) {
    console.log(
      `node ${node.id}  ready  PG ${host.pg}:${node.pgPort}  health ${host.health}:${node.healthPort}  gRPC ${host.grpc}:${node.grpcPort}`,
    );
  }
  console.log(
    `psql "host=${host.pg} port=${all[0].pgPort} user=datafusion dbname=datafusion sslmode=disable"`,
  );
}

async function stop(args) {
  const count = await stopNodes();
  if (!args.includes("--keep")) deleteFiles();
  console.log(
    count === 0 ? "no node was running" : `${count} node${count === 1 ? "" : "s"} stopped`,
  );
}

const [command, ...args] = process.argv.slice(2);
const { usage, options, act } =
  command === "start"
    ? { usage: startUsage, options: ["--resume"], act: start }
    : { usage: stopUsage, options: ["--keep"], act: stop };
const unknown = args.find((arg) => !options.includes(arg) && arg !== "--help");
if (args.includes("--help")) {
  process.stdout.write(usage);
} else if (unknown !== undefined) {
  process.stderr.write(`${command}_cluster.sh: no such option: ${unknown}\n${usage}`);
  process.exitCode = 2;
} else {
  try {
    await act(args);
  } catch (error) {
    process.stderr.write(`${command}_cluster.sh: ${error.message}\n`);
    process.exitCode = 1;
  }
}
// The nodes go on without us.
process.exit();
