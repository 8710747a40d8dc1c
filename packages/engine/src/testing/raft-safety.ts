import type { Entry, PeerId } from "#raft/message.ts";
import type { GroupMember, RaftGroup } from "./raft-group.ts";

/**
 * Watches a group and throws when one of the four properties of Raft breaks (Ongaro's thesis, figure 3.2).
 * It remembers everything that was ever committed, so it also finds what was lost.
 */
export class RaftSafety {
  readonly #group: RaftGroup;
  readonly #leaders = new Map<number, PeerId>();
  readonly #committed: (Entry | undefined)[] = [];

  constructor(group: RaftGroup) {
    this.#group = group;
  }

  get committedCount(): number {
    return this.#committed.length;
  }

  /** In how many terms somebody led. */
  get leaderCount(): number {
    return this.#leaders.size;
  }

  /** Cheap enough for every step. */
  checkMember(member: GroupMember): void {
    const { role, term } = member.node;
    if (role === "leader") {
      const known = this.#leaders.get(term);
      if (known !== undefined && known !== member.peer) {
        throw new Error(`election safety: ${known} and ${member.peer} both lead term ${term}`);
      }
      this.#leaders.set(term, member.peer);
      this.#checkCompleteness(member);
    }
    const { commands } = member.machine;
    for (let at = commands.length - 1; at >= 0; at--) {
      const entry = commands[at];
      if (entry === undefined || this.#committed[entry.index] === entry) break;
      this.#noteApplied(member.peer, entry);
    }
  }

  /** Compares the durable logs of every two members. */
  checkLogs(): void {
    const members = [...this.#group.members.values()];
    members.forEach((a, at) => {
      for (const b of members.slice(at + 1)) this.#checkMatching(a, b);
    });
  }

  #noteApplied(peer: PeerId, entry: Entry): void {
    const known = this.#committed[entry.index];
    if (known === undefined) {
      this.#committed[entry.index] = entry;
    } else if (known.term !== entry.term || Buffer.compare(known.command, entry.command) !== 0) {
      throw new Error(
        `state-machine safety: ${peer} applied another entry ${entry.index} ` +
          `(term ${entry.term}, before it term ${known.term})`,
      );
    }
  }

  /** A leader whose own first entry is durable holds everything committed in earlier terms. */
  #checkCompleteness({ peer, node, storage }: GroupMember): void {
    if (storage.term(storage.lastIndex) !== node.term) return;
    for (let index = storage.firstIndex; index < this.#committed.length; index++) {
      const entry = this.#committed[index];
      if (entry === undefined || entry.term >= node.term) continue;
      if (storage.term(index) !== entry.term) {
        throw new Error(`leader completeness: ${peer} leads ${node.term} without entry ${index}`);
      }
    }
  }

  #checkMatching(a: GroupMember, b: GroupMember): void {
    const first = Math.max(a.storage.firstIndex, b.storage.firstIndex);
    let isSame = false;
    for (let index = Math.min(a.storage.lastIndex, b.storage.lastIndex); index >= first; index--) {
      const matches = a.storage.term(index) === b.storage.term(index);
      if (isSame && !matches) {
        throw new Error(`log matching: ${a.peer} and ${b.peer} differ at ${index} and agree above`);
      }
      isSame ||= matches;
    }
  }
}
