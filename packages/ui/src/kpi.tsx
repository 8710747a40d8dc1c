import type { ReactNode } from "react";
import { Badge } from "./badge.tsx";
import { classNames } from "./class-names.tsx";
import type { ShapeKind } from "./shape.tsx";

/** One bordered row of figures with hairlines between them. */
export function KpiStrip({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      className="grid grid-cols-2 gap-px overflow-hidden rounded-3 border border-line bg-line shadow-1 small:grid-flow-col small:auto-cols-fr small:grid-cols-none"
    >
      {children}
    </section>
  );
}

/** One figure: name, status, value with unit, what it is measured against, and its recent shape. */
export function Kpi({
  name,
  status,
  value,
  unit,
  detail,
  held = false,
  children,
}: {
  name: ReactNode;
  status: { kind: ShapeKind; word: string };
  /** Undefined is unknown: drawn as a hatched question mark, never as zero. */
  value: ReactNode | undefined;
  unit?: ReactNode;
  detail: ReactNode;
  /** The value is a last known one. */
  held?: boolean;
  /** A sparkline. */
  children?: ReactNode;
}) {
  return (
    <div
      className={classNames(
        "min-w-0 bg-surface px-4 pt-3 pb-2.5 odd:last:col-span-2 small:odd:last:col-span-1",
        held && "hatch",
      )}
    >
      <div className="flex flex-wrap items-center gap-x-1.5 text-small font-medium text-ink-2">
        {name}
        <Badge kind={status.kind} className="medium:ml-auto">
          {status.word}
        </Badge>
      </div>
      <div className="mt-0.5 text-figure font-semibold tracking-[-0.022em]">
        {value === undefined ? (
          <span className="hatch rounded-1 px-1.5 text-ink-2">?</span>
        ) : (
          <>
            {value}
            {unit !== undefined && (
              <small className="ml-[3px] text-body font-medium tracking-normal text-ink-2">
                {unit}
              </small>
            )}
          </>
        )}
      </div>
      <div className="text-small text-balance text-ink-2">{detail}</div>
      {children}
    </div>
  );
}
