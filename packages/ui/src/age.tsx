import { Shape } from "./shape.tsx";
import { classNames } from "./class-names.tsx";

/** fresh: within 2 intervals; late: within 3; stale: beyond, or the source is known to be silent. */
export type Freshness = "fresh" | "late" | "stale";

const titles: Record<Freshness, string> = {
  fresh: "fresh: within 2 intervals",
  late: "late: within 3 intervals",
  stale: "stale: more than 3 intervals",
};

/** How old a figure is. Late and stale say so in words, not only by colour. */
export function Age({
  freshness,
  text,
  label,
}: {
  freshness: Freshness;
  /** The age with its unit, such as `2 s`. */
  text: string;
  /** What is that old, when the place does not say it, such as `data`. */
  label?: string;
}) {
  return (
    <span
      title={titles[freshness]}
      className={classNames(
        "inline-flex items-center gap-[5px] align-middle text-micro whitespace-nowrap text-ink-2",
        freshness === "late" && "text-warn-fg",
        freshness === "stale" &&
          "rounded-1 border border-dashed border-control-line bg-surface px-[5px] text-unknown-fg",
      )}
    >
      <Shape kind={freshness === "fresh" ? "ok" : freshness === "late" ? "clock" : "unknown"} />
      {label !== undefined && `${label} `}
      {freshness !== "fresh" && `${freshness} `}
      {text}
    </span>
  );
}
