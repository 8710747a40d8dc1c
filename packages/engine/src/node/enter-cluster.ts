import type { ClusterNode } from "#cluster/cluster-node.ts";
import { GrpcJoinClient } from "#rpc/join-rpc.ts";
import { ConfigError } from "./config.ts";
import { showAddress } from "./knob.ts";
import { knobs } from "./knobs.ts";
import type { Opening } from "./opening.ts";

/** No member answered, or none let the node in, in the time there was. */
export class JoinTimeout extends Error {
  override readonly name = "JoinTimeout";
}

const joinAttemptTimeoutMs = 5_000;

/** Takes up an old membership, joins, or makes a new cluster, whichever the folder and the settings say. */
export async function enterCluster(
  cluster: ClusterNode,
  isMember: boolean,
  { config, world, health }: Opening,
  signal: AbortSignal,
): Promise<void> {
  const { values } = config;
  const { clock } = world.runtime;
  const client = new GrpcJoinClient(clock, { tls: world.tls, timeoutMs: joinAttemptTimeoutMs });
  const members = values.joinAddresses.map(showAddress);
  if (isMember) {
    await cluster.resume(client, members);
    return;
  }
  if (config.mode === "bootstrap") {
    health.starting("making a new cluster");
    await cluster.bootstrap();
    return;
  }
  if (members.length === 0) {
    throw new ConfigError(
      `${knobs.bootstrap.variable} is false and the data folder is empty, so ${knobs.joinAddresses.variable} must name a member to join`,
    );
  }
  health.starting(`joining through ${members.join(", ")}`);
  const giveUp = new AbortController();
  const cancelTimer = clock.after(values.joinTimeoutMs, () => {
    giveUp.abort(
      new JoinTimeout(
        `no member let this node in within ${values.joinTimeoutMs} ms; asked ${members.join(", ")} (${knobs.joinAddresses.variable})`,
      ),
    );
  });
  try {
    await cluster.join(client, members, AbortSignal.any([signal, giveUp.signal]));
  } finally {
    cancelTimer();
  }
}
