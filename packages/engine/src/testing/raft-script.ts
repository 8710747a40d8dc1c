import { showConfiguration, type ConfigurationStep } from "#raft/configuration.ts";
import { decodeConfigurationChange } from "#raft/message-codec.ts";
import type { Entry, Message, PeerId } from "#raft/message.ts";
import type { RaftLimits } from "#raft/options.ts";
import type { Ready } from "#raft/ready.ts";
import type { ScriptCommand, ScriptHandler } from "./datadriven.ts";
import { RaftGroup, type GroupMember } from "./raft-group.ts";

/**
 * The commands of raft's scripts: a group whose disks, state machines and wires move only when told.
 * Each command answers with what happened, one line per event.
 */
export function raftScriptHandler(): ScriptHandler {
  const script = new RaftScript();
  return (command) => script.run(command);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class RaftScript {
  #group = new RaftGroup({ randomInteger: () => 0 });
  /** What each store supports, `from>to`: an epoch. */
  readonly #support = new Map<string, number>();
  readonly #mayNotVote = new Set<PeerId>();
  #lines: string[] = [];

  run(command: ScriptCommand): string {
    this.#lines = [];
    this.#execute(command);
    return this.#lines.length === 0 ? "ok" : this.#lines.join("\n");
  }

  #execute({ name, words, args }: ScriptCommand): void {
    const number = (key: string, otherwise: number) => Number(args.get(key) ?? otherwise);
    switch (name) {
      // Limits for all members, whether stores support each other, and whether state machines keep what they
      // applied only when told: options support flushesLate electionTicks=3
      case "options":
        this.#setOptions(words, args);
        break;
      // Members that start from nothing: add 1 2 3 learners=(3)
      case "add":
        this.#add(peersOf(words), numbersOf(args.get("voters")), numbersOf(args.get("learners")));
        break;
      // Campaigns without waiting: campaign 1
      case "campaign":
        this.#each(words, ({ node }) => {
          node.campaign();
        });
        break;
      // Time passes: tick 1 2 count=3
      case "tick":
        this.#each(words, ({ node }) => {
          for (let left = number("count", 1); left > 0; left--) node.tick();
        });
        break;
      // propose 1 a b c
      case "propose":
        for (const text of words.slice(1)) {
          const { node } = this.#member(words[0]);
          this.#say(showOutcome(node.propose(encoder.encode(text))));
        }
        break;
      // Steps are v (voter), l (learner) and r (remove): change 1 v4 l5 r2 transition=joint
      case "change":
        this.#say(
          showOutcome(
            this.#member(words[0]).node.proposeConfigurationChange({
              transition: transitionOf(args.get("transition")),
              steps: words.slice(1).map(stepOf),
              context: new Uint8Array(0),
            }),
          ),
        );
        break;
      // Hands over: transfer 1 to=2
      case "transfer":
        if (!this.#member(words[0]).node.transferLeadership(number("to", 0))) this.#say("refused");
        break;
      // Takes what a member wants done: ready 1
      case "ready":
        this.#each(words, (member) => {
          this.#takeReady(member);
        });
        break;
      // The disk finishes writes, the state machine applies: append 1 count=1, apply 1
      case "append":
        this.#each(words, (member) => {
          member.finishAppends(number("count", member.appends.length));
        });
        break;
      case "apply":
        this.#each(words, (member) => {
          member.finishApplies(number("count", member.applies.length));
        });
        break;
      // Messages arrive, or are lost: deliver from=1 to=2 kind=append count=1; drop to=3
      case "deliver":
      case "drop":
        this.#moveMessages(name, args);
        break;
      case "in-flight":
        for (const message of this.#group.inFlight) this.#say(showMessage(message));
        break;
      // Everything that needs no tick, among these members or all: stabilize 1 2 quiet
      case "stabilize":
        this.#stabilize(peersOf(words.filter((word) => word !== "quiet")), words.includes("quiet"));
        break;
      // Power loss. Of the unfinished writes, the oldest are kept: restart 1 keep=1
      case "restart":
        this.#each(words, (member) => {
          member.restart(number("keep", 0));
        });
        break;
      case "compact":
        this.#each(words, (member) => {
          member.compact();
        });
        break;
      case "unreachable":
        this.#member(words[0]).node.reportUnreachable(number("peer", 0));
        break;
      // snapshot-sent 1 peer=3 failed
      case "snapshot-sent":
        this.#member(words[0]).node.reportSnapshot(
          number("peer", 0),
          words.includes("failed") ? "failed" : "finished",
        );
        break;
      // Stores: what each of 2 and 3 gives to 1: support 2 3 to=1 epoch=1; epoch=0 withdraws it
      case "support":
        for (const from of peersOf(words)) {
          this.#support.set(`${from}>${number("to", 0)}`, number("epoch", 0));
        }
        break;
      case "may-vote":
        for (const peer of peersOf(words)) {
          if (args.get("is") === "no") this.#mayNotVote.add(peer);
          else this.#mayNotVote.delete(peer);
        }
        break;
      case "quiesce":
        this.#say(
          this.#member(words[0]).node.quiesce((peer) => !numbersOf(args.get("dead")).includes(peer))
            ? "asleep"
            : "busy",
        );
        break;
      case "wake":
        this.#each(words, ({ node }) => {
          node.wake();
        });
        break;
      // One line per member.
      case "state":
        this.#each(words, (member) => {
          this.#say(showState(member));
        });
        break;
      // A leader's view of its followers.
      case "progress":
        for (const status of this.#member(words[0]).node.peers()) {
          const { peer, state, match, next, isActive, isLearner, isSupporting } = status;
          const flags = [
            isLearner ? "learner" : "",
            isActive ? "active" : "silent",
            isSupporting ? "supporting" : "",
            status.inFlightMessages > 0 ? `in flight ${status.inFlightMessages}` : "",
          ];
          this.#say(
            `${peer}: ${state} match=${match} next=${next} ${flags.filter(Boolean).join(", ")}`,
          );
        }
        break;
      // What was applied.
      case "machine":
        this.#each(words, ({ peer, machine }) => {
          this.#say(`${peer}: ${machine.commands.map(showEntry).join(" ")}`);
        });
        break;
      default:
        throw new RangeError(`no such command: ${name}`);
    }
  }

  #setOptions(words: readonly string[], args: ReadonlyMap<string, string>): void {
    const limits: Partial<Record<keyof RaftLimits, number>> = {};
    for (const [name, value] of args) Object.assign(limits, { [name]: Number(value) });
    this.#group = new RaftGroup({
      randomInteger: () => 0,
      limits,
      flushesLate: words.includes("flushesLate"),
      ...(words.includes("support") ? { supportOf: (peer: PeerId) => this.#supportOf(peer) } : {}),
    });
  }

  #supportOf(self: PeerId) {
    return {
      givenTo: (peer: PeerId) => this.#support.get(`${self}>${peer}`) ?? 0,
      receivedFrom: (peer: PeerId) => this.#support.get(`${peer}>${self}`) ?? 0,
      mayVote: () => !this.#mayNotVote.has(self),
    };
  }

  #add(peers: readonly PeerId[], voters: readonly PeerId[], learners: readonly PeerId[]): void {
    const deciding = voters.length > 0 ? voters : peers.filter((peer) => !learners.includes(peer));
    for (const peer of peers) this.#group.add(peer, deciding, learners);
  }

  #say(line: string): void {
    this.#lines.push(line);
  }

  #member(word: string | undefined): GroupMember {
    return this.#group.member(Number(word));
  }

  #each(words: readonly string[], action: (member: GroupMember) => void): void {
    for (const peer of peersOf(words)) action(this.#group.member(peer));
  }

  #takeReady(member: GroupMember): boolean {
    if (!member.node.hasReady()) return false;
    const ready = member.takeReady();
    this.#group.inFlight.push(...ready.messages);
    for (const line of showReady(ready)) this.#say(`${member.peer} ${line}`);
    return true;
  }

  #moveMessages(how: "deliver" | "drop", args: ReadonlyMap<string, string>): void {
    const matches = (message: Message) =>
      ["from", "to", "kind"].every((key) => {
        const wanted = args.get(key);
        return wanted === undefined || wanted === String(message[key as "from" | "to" | "kind"]);
      });
    let left = Number(args.get("count") ?? Infinity);
    const moving: Message[] = [];
    this.#group.inFlight = this.#group.inFlight.filter((message) => {
      if (left <= 0 || !matches(message)) return true;
      left--;
      moving.push(message);
      return false;
    });
    for (const message of moving) {
      this.#say(`${how} ${showMessage(message)}`);
      if (how === "deliver") this.#group.deliver(message);
    }
  }

  #stabilize(peers: readonly PeerId[], isQuiet: boolean): void {
    const members = [...this.#group.members.values()].filter(
      ({ peer }) => peers.length === 0 || peers.includes(peer),
    );
    for (let round = 0; round < 1_000; round++) {
      let isBusy = false;
      for (const member of members) {
        while (this.#takeReady(member) || member.appends.length > 0 || member.applies.length > 0) {
          isBusy = true;
          member.finishAppends();
          member.finishApplies();
        }
      }
      const arriving = this.#group.inFlight.filter(({ to }) => members.some((m) => m.peer === to));
      this.#group.inFlight = this.#group.inFlight.filter((message) => !arriving.includes(message));
      for (const message of arriving) this.#group.deliver(message);
      if (!isBusy && arriving.length === 0) {
        if (isQuiet) this.#lines = [];
        return;
      }
    }
    throw new Error("the group does not come to rest");
  }
}

function showReady({ append, committed, messages }: Ready): readonly string[] {
  const lines: string[] = [];
  if (append !== undefined) {
    const { hardState, snapshot, entries } = append;
    const parts = [`writes ${append.sequence}:`];
    if (hardState !== undefined) parts.push(`term=${hardState.term} vote=${hardState.vote}`);
    if (snapshot !== undefined) parts.push(`snapshot ${snapshot.index}/${snapshot.term}`);
    if (entries.length > 0) parts.push(entries.map(showEntry).join(" "));
    lines.push(parts.join(" "));
  }
  if (committed.length > 0) lines.push(`commits ${committed.map(showEntry).join(" ")}`);
  for (const message of messages) lines.push(showMessage(message));
  return lines;
}

/** `1→2 append term=1 after 1/1 commit=1: 2/1 "a"`. */
function showMessage(message: Message): string {
  const head = `${message.from}→${message.to} ${message.kind} term=${message.term}`;
  switch (message.kind) {
    case "append": {
      const { previousIndex, previousTerm, commit, entries } = message;
      const place = `after ${previousIndex}/${previousTerm} commit=${commit}`;
      return `${head} ${place}: ${entries.map(showEntry).join(" ") || "nothing"}`;
    }
    case "appendResponse": {
      const support = message.supportEpoch > 0 ? ` epoch=${message.supportEpoch}` : "";
      return message.rejected
        ? `${head} rejects ${message.index}, try ${message.hintIndex}/${message.hintTerm}${support}`
        : `${head} holds ${message.index}${support}`;
    }
    case "heartbeat":
      return `${head} commit=${message.commit}${message.quiesce ? " quiesce" : ""}`;
    case "heartbeatResponse":
      return message.supportEpoch > 0 ? `${head} epoch=${message.supportEpoch}` : head;
    case "preVote":
      return `${head} last ${message.lastIndex}/${message.lastTerm}`;
    case "vote": {
      const last = `last ${message.lastIndex}/${message.lastTerm}`;
      return `${head} ${last}${message.isTransfer ? " transfer" : ""}`;
    }
    case "preVoteResponse":
    case "voteResponse":
      return `${head} ${message.granted ? "granted" : "refused"}`;
    case "snapshot": {
      const { index, term, configuration } = message.snapshot;
      return `${head} ${index}/${term} ${showConfiguration(configuration)}`;
    }
    case "timeoutNow":
    case "relinquish":
      return head;
  }
}

function showEntry(entry: Entry): string {
  const place = `${entry.index}/${entry.term}`;
  if (entry.kind === "command") return `${place} "${decoder.decode(entry.command)}"`;
  const { steps } = decodeConfigurationChange(entry.command);
  const letters = { addVoter: "v", addLearner: "l", remove: "r" };
  const shown = steps.map(({ kind, peer }) => `${letters[kind]}${peer}`);
  return `${place} (${shown.join(" ") || "leave"})`;
}

function showState({ peer, node }: GroupMember): string {
  const { role, term, leader, firstIndex, lastIndex, commitIndex, appliedIndex } = node.status();
  const log = `log=${firstIndex}..${lastIndex} commit=${commitIndex} applied=${appliedIndex}`;
  const sleep = node.isQuiescent ? " asleep" : "";
  const members = showConfiguration(node.configuration);
  return `${peer}: ${role} term=${term} leader=${leader} ${log} ${members}${sleep}`;
}

function showOutcome(
  outcome:
    | { readonly kind: "accepted"; readonly index: number; readonly term: number }
    | { readonly kind: "dropped"; readonly reason: string },
): string {
  return outcome.kind === "accepted"
    ? `accepted ${outcome.index}/${outcome.term}`
    : `dropped: ${outcome.reason}`;
}

function stepOf(word: string): ConfigurationStep {
  const kinds = new Map<string, ConfigurationStep["kind"]>([
    ["v", "addVoter"],
    ["l", "addLearner"],
    ["r", "remove"],
  ]);
  const kind = kinds.get(word[0] ?? "");
  if (kind === undefined) throw new RangeError(`no such step: ${word}`);
  return { kind, peer: Number(word.slice(1)) };
}

function transitionOf(word: string | undefined): "automatic" | "joint" | "jointExplicit" {
  return word === "joint" || word === "jointExplicit" ? word : "automatic";
}

function peersOf(words: readonly string[]): readonly PeerId[] {
  return words.map(Number);
}

function numbersOf(list: string | undefined): readonly number[] {
  return list === undefined ? [] : list.split(" ").filter(Boolean).map(Number);
}
