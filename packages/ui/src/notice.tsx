import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";
import { Shape, type Tone } from "./shape.tsx";

const tones: Record<Tone, string> = {
  ok: "border-ok-line bg-ok-bg",
  warn: "border-warn-line bg-warn-bg",
  crit: "border-crit-line bg-crit-bg",
  info: "border-info-line bg-info-bg",
  unknown: "border-unknown-line bg-unknown-bg",
};

/** A sentence above the content that changes how the content must be read. */
export function Notice({
  tone,
  end,
  className,
  children,
}: {
  tone: Tone;
  end?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div
      role="status"
      className={classNames(
        "mb-4 grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2.5 gap-y-1.5 rounded-3 border px-3.5 py-2.5 small:flex",
        tones[tone],
        className,
      )}
    >
      <Shape kind={tone} className="mt-[3px] size-3.5" />
      <div className="min-w-0">{children}</div>
      {end !== undefined && (
        <div className="col-start-2 flex flex-none gap-2 small:ml-auto">{end}</div>
      )}
    </div>
  );
}
