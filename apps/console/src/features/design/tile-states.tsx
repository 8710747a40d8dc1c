import { Button } from "@holo-fusion/ui/button";
import { Tile, type TileState } from "@holo-fusion/ui/tile";

const figure = (value: string, unit: string) => (
  <span className="text-figure font-semibold tracking-[-0.022em]">
    {value} <small className="text-body font-medium tracking-normal text-ink-2">{unit}</small>
  </span>
);

const states: readonly (readonly [name: string, state: TileState])[] = [
  ["Loading", { kind: "loading" }],
  [
    "Empty",
    { kind: "empty", title: "No conflicts in this range", next: "Last one: 13:58:02. Try 24 h." },
  ],
  [
    "Partial",
    {
      kind: "partial",
      title: "8 of 9 nodes answered",
      content: figure("56 630", "/s"),
      missing: "n6 is missing from this sum.",
    },
  ],
  [
    "Stale",
    {
      kind: "stale",
      age: "47 s",
      content: figure("7", "leases"),
      since: "Last good value from n6 at 14:20:53 UTC.",
    },
  ],
  [
    "Error",
    {
      kind: "error",
      title: "Cannot read locks from n6",
      detail: "Deadline of 2 s passed, 9 times since 14:20:53 UTC.",
      requestId: "7f20-11ae",
      retry: <Button size="small">Try again</Button>,
    },
  ],
  [
    "Forbidden",
    {
      kind: "forbidden",
      title: "Splitting needs role operator",
      who: "You are viewer. An admin can change that.",
    },
  ],
  [
    "Unsupported",
    { kind: "unsupported", title: "Needs 1.15 or newer", needs: "9 of 9 nodes run 1.14.2." },
  ],
  [
    "Disabled, explained",
    {
      kind: "disabled",
      control: <Button disabled>Finalize</Button>,
      why: "The soak ends in 7 h 12 min. 0 of 2 approvals.",
    },
  ],
];

export function TileStates() {
  return (
    <ul className="grid grid-cols-1 gap-3.5 small:grid-cols-2 wide:grid-cols-4">
      {states.map(([name, state]) => (
        <li
          key={name}
          className="grid min-h-[180px] grid-rows-[auto_1fr] overflow-hidden rounded-3 border border-line bg-surface"
        >
          <h3 className="border-b border-line px-3.5 py-2 text-micro font-semibold text-ink-2">
            {name}
          </h3>
          <div className="p-3.5">
            <Tile state={state} />
          </div>
        </li>
      ))}
    </ul>
  );
}
