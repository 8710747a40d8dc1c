import type { ReactNode } from "react";
import { Shape, type Tone } from "./shape.tsx";

/** The page's one large sentence: what, where, since when, how bad, and what is not wrong. */
export function Verdict({
  tone,
  sentence,
  meta,
  actions,
}: {
  tone: Tone;
  sentence: ReactNode;
  meta?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section
      aria-label="Verdict"
      className="mb-5 grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-3 gap-y-1 small:grid-cols-[auto_minmax(0,1fr)_auto]"
    >
      <Shape kind={tone} className="mt-[5px] size-[18px] small:mt-[3px] small:size-[22px]" />
      <h1 className="text-[18px] leading-[25px] font-semibold tracking-[-0.017em] text-balance small:text-verdict">
        {sentence}
      </h1>
      {meta !== undefined && (
        <div className="col-start-2 flex flex-wrap items-center gap-x-3.5 gap-y-0.5 text-small text-ink-2 small:[grid-column:2/4]">
          {meta}
        </div>
      )}
      {actions !== undefined && (
        <div className="col-span-2 flex flex-wrap gap-2 pt-2 small:col-span-1 small:col-start-3 small:row-start-1 small:pt-0 small:pl-3">
          {actions}
        </div>
      )}
    </section>
  );
}
