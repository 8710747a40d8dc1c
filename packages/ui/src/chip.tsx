import type { ComponentProps } from "react";
import { classNames } from "./class-names.tsx";
import type { Tone } from "./shape.tsx";

const tones: Record<Tone | "none", string> = {
  none: "border-line bg-surface text-ink",
  ok: "border-ok-line bg-ok-bg text-ok-fg",
  warn: "border-warn-line bg-warn-bg text-warn-fg",
  crit: "border-crit-line bg-crit-bg text-crit-fg",
  info: "border-info-line bg-info-bg text-info-fg",
  unknown: "border-unknown-line bg-unknown-bg text-unknown-fg",
};

/** A standing fact in the header. */
export function Chip({
  tone = "none",
  className,
  ...rest
}: ComponentProps<"span"> & { tone?: Tone | "none" }) {
  return (
    <span
      className={classNames(
        "inline-flex h-7 items-center gap-1.5 rounded-2 border px-[9px] text-small font-medium whitespace-nowrap",
        tones[tone],
        className,
      )}
      {...rest}
    />
  );
}
