import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";
import { Shape, toneOf, toneText, type ShapeKind, type Tone } from "./shape.tsx";

const boxed: Record<Tone, string> = {
  ok: "border-ok-line bg-ok-bg",
  warn: "border-warn-line bg-warn-bg",
  crit: "border-crit-line bg-crit-bg",
  info: "border-info-line bg-info-bg",
  unknown: "border-unknown-line bg-unknown-bg",
};

/** A status: shape, word and colour, always all three. */
export function Badge({
  kind,
  box = false,
  className,
  children,
}: {
  kind: ShapeKind;
  /** Draws a tinted box: for the one status that names its row or card. */
  box?: boolean;
  className?: string;
  children: ReactNode;
}) {
  const tone = toneOf(kind);
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-[5px] align-middle text-small font-medium whitespace-nowrap",
        toneText[tone],
        box && "rounded-1 border py-0.5 pr-[7px] pl-1.5",
        box && boxed[tone],
        className,
      )}
    >
      <Shape kind={kind} />
      {children}
    </span>
  );
}
