import { expect, test } from "vitest";
import { isJoint, showConfiguration, type ConfigurationStep } from "#raft/configuration.ts";
import type { PeerId } from "#raft/message.ts";
import type { StoreSupport } from "#raft/options.ts";
import { quorumValue } from "#raft/quorum.ts";
import { SimRandom } from "#runtime/sim/sim-random.ts";
import { RaftGroup, type GroupMember } from "./raft-group.ts";
import { RaftSafety } from "./raft-safety.ts";

const limits = {
  electionTicks: 4,
  heartbeatTicks: 1,
  messageBytesMax: 60,
  inFlightMessagesMax: 3,
  inFlightBytesMax: 150,
  uncommittedBytesMax: 400,
  committedBytesMax: 80,
};

/**
 * Support between stores on a clock of ticks. Grants travel with a delay, so a leader knows less than
 * its followers have promised, never more.
 */
class TickingSupport {
  readonly #supportTicks = 8;
  now = 0;
  /** `from>to`: what `from` gives `to`. */
  readonly #given = new Map<string, { readonly epoch: number; readonly until: number }>();
  readonly #received = new Map<string, { readonly epoch: number; readonly until: number }>();
  readonly #votesFrom = new Map<PeerId, number>();
  #epochs = 0;

  grant(from: PeerId, to: PeerId): void {
    const name = `${from}>${to}`;
    const before = this.#given.get(name);
    const isRunning = before !== undefined && before.until >= this.now;
    this.#given.set(name, {
      epoch: isRunning ? before.epoch : ++this.#epochs,
      until: this.now + this.#supportTicks,
    });
  }

  tell(from: PeerId, to: PeerId): void {
    const given = this.#given.get(`${from}>${to}`);
    if (given !== undefined) this.#received.set(`${from}>${to}`, given);
  }

  /** The store comes back in a new life, and must wait until what it gave in the old one has ended. */
  restart(store: PeerId): void {
    for (const [name, { until }] of this.#given) {
      const [from, to] = name.split(">").map(Number);
      if (to === store) {
        // Nobody owes the earlier life anything.
        this.#received.delete(name);
        this.#given.delete(name);
      }
      if (from !== store) continue;
      this.#votesFrom.set(store, Math.max(this.#votesFrom.get(store) ?? 0, until + 1));
      this.#given.delete(name);
    }
  }

  until(from: PeerId, to: PeerId): number {
    return this.#received.get(`${from}>${to}`)?.until ?? -1;
  }

  of(self: PeerId): StoreSupport {
    return {
      givenTo: (peer) => {
        const given = this.#given.get(`${self}>${peer}`);
        return given !== undefined && given.until >= this.now ? given.epoch : 0;
      },
      receivedFrom: (peer) => this.#received.get(`${peer}>${self}`)?.epoch ?? 0,
      mayVote: () => this.now >= (this.#votesFrom.get(self) ?? 0),
    };
  }
}

interface RunOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly voters: number;
  readonly hasSupport: boolean;
  readonly changesMembers: boolean;
}

/** Returns what the run came to, for the claim that runs do something. */
function run({ seed, rounds, voters, hasSupport, changesMembers }: RunOptions) {
  const random = new SimRandom(seed);
  const support = new TickingSupport();
  const group = new RaftGroup({
    limits,
    flushesLate: true,
    randomInteger: (bound) => random.integer(bound),
    ...(hasSupport ? { supportOf: (peer: PeerId) => support.of(peer) } : {}),
  });
  const peers = Array.from({ length: voters }, (_, index) => index + 1);
  for (const peer of peers) group.add(peer, peers);
  const spare = [1, 2, 3, 4, 5].filter((peer) => peer > voters);
  if (changesMembers) for (const peer of spare) group.add(peer, peers);
  const safety = new RaftSafety(group);
  const all = [...group.members.values()];
  let proposals = 0;
  /** The side each peer is on; messages stay on their side. */
  let sides = new Map<PeerId, number>();
  const isConnected = (a: PeerId, b: PeerId) => sides.get(a) === sides.get(b);

  /** Everybody together, a random division, or a leader with at most one other on its side. */
  const randomSides = () => {
    const luck = random.integer(3);
    const [leader] = group.leaders;
    if (luck === 0) return new Map<PeerId, number>();
    if (luck === 1 || leader === undefined) {
      return new Map(all.map(({ peer }) => [peer, random.integer(2)]));
    }
    const company = random.pick(all).peer;
    return new Map(all.map(({ peer }) => [peer, peer === leader.peer || peer === company ? 0 : 1]));
  };

  const checkLeases = () => {
    const holders = all.filter(({ peer, node }) => {
      if (node.role !== "leader") return false;
      const until = quorumValue(
        node.configuration,
        (voter) => {
          if (voter === peer) return Infinity;
          return node.isSupportedBy(voter) ? support.until(voter, peer) : -1;
        },
        (a, b) => a - b,
      );
      return until !== undefined && until >= support.now;
    });
    if (holders.length > 1) {
      throw new Error(`two leases at once: ${holders.map(({ peer }) => peer).join(", ")}`);
    }
  };

  const advance = (member: GroupMember) => {
    if (random.chance(0.8)) member.node.tick();
    safety.checkMember(member);
    for (let turn = 0; turn < 4; turn++) {
      if (random.chance(0.5) && member.node.hasReady()) {
        group.inFlight.push(...member.takeReady().messages);
      }
      if (random.chance(0.5)) member.finishAppends(1 + random.integer(2));
      if (random.chance(0.5)) member.finishApplies(1 + random.integer(4));
      safety.checkMember(member);
    }
  };

  const deliver = () => {
    const messages = group.inFlight;
    group.inFlight = [];
    while (messages.length > 0) {
      const at = random.chance(0.9) ? 0 : random.integer(messages.length);
      const [message] = messages.splice(at, 1);
      if (message === undefined) continue;
      if (!isConnected(message.from, message.to) || random.chance(0.03)) continue;
      if (random.chance(0.15)) group.inFlight.push(message);
      if (random.chance(0.15)) continue;
      group.deliver(message);
      const receiver = group.members.get(message.to);
      if (receiver !== undefined) safety.checkMember(receiver);
    }
  };

  const changeMembers = ({ node }: GroupMember) => {
    const steps: ConfigurationStep[] = [];
    for (let count = random.integer(4); count > 0; count--) {
      const kind = random.pick(["addVoter", "addVoter", "addLearner", "remove"] as const);
      steps.push({ kind, peer: random.pick(all).peer });
    }
    const transition = random.pick(["automatic", "joint", "jointExplicit"] as const);
    node.proposeConfigurationChange({ transition, steps, context: new Uint8Array(0) });
  };

  const disturb = (member: GroupMember) => {
    const { node } = member;
    switch (random.integer(12)) {
      case 0:
        member.restart(random.integer(member.appends.length + 1));
        support.restart(member.peer);
        break;
      case 1:
        if (random.chance(0.3)) node.transferLeadership(random.pick(all).peer);
        break;
      case 2:
        node.reportUnreachable(random.pick(all).peer);
        break;
      case 3:
        for (const { peer, state } of node.peers()) {
          if (state === "snapshot") {
            node.reportSnapshot(peer, random.chance(0.5) ? "finished" : "failed");
          }
        }
        break;
      case 4:
        member.compact();
        break;
      case 5:
      case 9:
      case 10:
      case 11:
        sides = randomSides();
        break;
      case 6:
        node.campaign();
        break;
      case 7:
        node.quiesce(() => true);
        break;
      case 8:
        if (changesMembers) changeMembers(member);
        break;
    }
  };

  for (let round = 0; round < rounds; round++) {
    for (const member of all) advance(member);
    deliver();
    for (const leader of group.leaders) {
      if (changesMembers && random.chance(0.1)) changeMembers(leader);
      for (let count = random.integer(3); count > 0; count--) {
        const command = new TextEncoder().encode(`${seed}/${proposals}`);
        if (leader.node.propose(command).kind === "accepted") proposals++;
      }
    }
    if (random.chance(0.25)) {
      const { leaders } = group;
      disturb(random.pick(leaders.length > 0 && random.chance(0.5) ? leaders : all));
    }
    if (random.chance(0.1)) random.pick(all).flush();
    if (random.chance(0.5)) support.now++;
    for (const from of all) {
      for (const to of all) {
        const isUp = from !== to && isConnected(from.peer, to.peer);
        if (isUp && random.chance(0.5)) support.grant(from.peer, to.peer);
        if (isUp && random.chance(0.5)) support.tell(from.peer, to.peer);
      }
    }
    if (hasSupport) checkLeases();
    if (round % 16 === 0) safety.checkLogs();
  }

  // Everything works from here on: a leader must come forth, and everybody must catch up.
  const before = safety.committedCount;
  const hasHealed = () => {
    const leader = group.leaders.find(({ node }) => node.commitIndex > before);
    return (
      leader !== undefined &&
      !isJoint(leader.node.configuration) &&
      all.every(
        ({ peer, machine }) =>
          ![...leader.node.configuration.voters, ...leader.node.configuration.learners].includes(
            peer,
          ) || machine.appliedIndex === leader.node.lastIndex,
      )
    );
  };
  for (let tick = 0; tick < 300 && !hasHealed(); tick++) {
    if (tick % 4 === 0) support.now++;
    for (const from of all) {
      for (const to of all) {
        if (from === to) continue;
        support.grant(from.peer, to.peer);
        support.tell(from.peer, to.peer);
      }
    }
    for (const { node } of all) {
      node.wake();
      node.tick();
      for (const { peer, state } of node.peers()) {
        if (state === "snapshot" && tick % 20 === 19) node.reportSnapshot(peer, "failed");
      }
    }
    group.settle();
    const [leader] = group.leaders;
    if (leader !== undefined && isJoint(leader.node.configuration)) {
      const context = new Uint8Array(0);
      leader.node.proposeConfigurationChange({ transition: "automatic", steps: [], context });
    }
    if (tick % 10 === 0) leader?.node.propose(new TextEncoder().encode(`${seed}/after ${tick}`));
    group.settle();
    for (const member of all) safety.checkMember(member);
    if (hasSupport) checkLeases();
  }
  safety.checkLogs();
  if (!hasHealed()) {
    const states = all.map(({ node }) => {
      const { self, role, term, leader, lastIndex, commitIndex, appliedIndex } = node.status();
      const members = showConfiguration(node.configuration);
      return `${self} ${role} ${term}/${leader} ${appliedIndex}/${commitIndex}/${lastIndex} ${members}`;
    });
    throw new Error(`the group did not come back to work:\n${states.join("\n")}`);
  }
  return { committed: safety.committedCount, elections: safety.leaderCount };
}

function runMany(name: string, options: Omit<RunOptions, "seed">, seeds: number): void {
  test(name, () => {
    let committed = 0;
    let elections = 0;
    const from = Number(process.env["RAFT_SEED"] ?? 1);
    for (let seed = from; seed < from + seeds; seed++) {
      try {
        const result = run({ ...options, seed });
        committed += result.committed;
        elections += result.elections;
      } catch (error) {
        throw new Error(`RAFT_SEED=${seed}: ${error instanceof Error ? error.message : ""}`, {
          cause: error,
        });
      }
    }
    // Runs in which nothing happens would prove nothing.
    expect(committed).toBeGreaterThan(seeds * 10);
    expect(elections).toBeGreaterThan(seeds * 2);
  });
}

const scale = Number(process.env["RAFT_SEEDS"] ?? 1);
runMany(
  "three voters keep their promises through loss, repetition and crashes",
  { rounds: 300, voters: 3, hasSupport: false, changesMembers: false },
  20 * scale,
);
runMany(
  "five voters do, with leases",
  { rounds: 300, voters: 5, hasSupport: true, changesMembers: false },
  15 * scale,
);
runMany(
  "members that come and go do",
  { rounds: 300, voters: 3, hasSupport: false, changesMembers: true },
  20 * scale,
);
runMany(
  "a group that grows from one does",
  { rounds: 300, voters: 1, hasSupport: false, changesMembers: true },
  20 * scale,
);
runMany(
  "three voters never hold two leases at once",
  { rounds: 300, voters: 3, hasSupport: true, changesMembers: false },
  15 * scale,
);
