import { Card } from "@holo-fusion/ui/card";
import { classNames } from "@holo-fusion/ui/class-names";
import { Tile } from "@holo-fusion/ui/tile";
import type { Change } from "../../cluster/changes.ts";
import { wordsOfChange } from "../../cluster/words.ts";
import { formatDuration, formatTime, type TimeFormat } from "../../format/format.ts";

export interface ShownChange {
  readonly id: number;
  readonly atMs: number;
  readonly change: Change;
}

/** What became different, newest first, as the console itself saw it. */
export function ChangesCard({
  changes,
  time,
}: {
  changes: readonly ShownChange[];
  time: TimeFormat;
}) {
  return (
    <Card title="What changed" subtitle="newest first, seen by the console" flush>
      {changes.length === 0 ? (
        <div className="px-4 py-3.5">
          <Tile
            state={{
              kind: "empty",
              title: "Nothing changed yet",
              next: "Nodes going and coming, moved leases and new versions appear here.",
            }}
          />
        </div>
      ) : (
        <ol className="max-h-[452px] overflow-y-auto" tabIndex={0} aria-label="Recorded changes">
          {changes.map(({ id, atMs, change }) => {
            const { title, detail } = wordsOfChange(change);
            return (
              <li
                key={id}
                className={classNames(
                  "flex items-start gap-3 border-b border-line px-4 py-[9px] last:border-b-0",
                  (change.kind === "nodeDown" || change.kind === "contactLost") &&
                    "shadow-[inset_3px_0_0_var(--crit-solid)]",
                )}
              >
                <time
                  dateTime={new Date(atMs).toISOString()}
                  title={formatTime(atMs, time)}
                  className="w-[78px] flex-none text-small leading-5 whitespace-nowrap text-ink-2"
                >
                  {formatDuration(time.nowMs - atMs)}
                  <span className="sr-only"> ago</span>
                </time>
                <div className="min-w-0 flex-1">
                  <p className="font-medium">{title}</p>
                  <p className="text-small text-ink-2">
                    {detail !== "" && `${detail} · `}
                    {formatTime(atMs, time)}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}
