import { expect, test } from "vitest";
import { RaftGroup } from "#testing/raft-group.ts";

const command = (text: string) => new TextEncoder().encode(text);

function threeVoters() {
  const group = new RaftGroup({ randomInteger: () => 0 });
  for (const peer of [1, 2, 3]) group.add(peer, [1, 2, 3]);
  return group;
}

test("a group elects who campaigns, and every member applies what the leader accepts", () => {
  const group = threeVoters();
  group.member(1).node.campaign();
  group.settle();
  expect(group.leaders.map((member) => member.peer)).toEqual([1]);
  const leader = group.member(1).node;
  expect(leader.propose(command("a"))).toEqual({ kind: "accepted", index: 2, term: 1 });
  expect(leader.propose(command("b"))).toEqual({ kind: "accepted", index: 3, term: 1 });
  group.settle();
  leader.tick();
  group.settle();
  for (const member of group.members.values()) {
    const applied = member.machine.commands.map(({ command }) => new TextDecoder().decode(command));
    expect(applied).toEqual(["", "a", "b"]);
  }
});

test("proposals of one turn travel in one message per follower", () => {
  const group = threeVoters();
  group.member(1).node.campaign();
  group.settle();
  for (let index = 0; index < 100; index++) group.member(1).node.propose(command("x"));
  const { messages, append } = group.member(1).takeReady();
  expect(messages.map(({ kind, to }) => `${kind} ${to}`)).toEqual(["append 2", "append 3"]);
  expect(append?.entries).toHaveLength(100);
});
