import type { Tone } from "./shape.tsx";
import { classNames } from "./class-names.tsx";

const fills: Record<Tone, string> = {
  ok: "bg-ok-solid",
  warn: "bg-warn-solid",
  crit: "bg-crit-solid",
  info: "bg-series-1",
  unknown: "bg-series-base",
};

/** A share of a bound, with its name at the left and its figure at the right; `undefined` is hatched and reads `?`. */
export function Meter({
  label,
  fraction,
  text,
  tone = "info",
}: {
  label: string;
  /** 0 to 1, or undefined when unknown. */
  fraction: number | undefined;
  text: string;
  tone?: Tone;
}) {
  const percent = fraction === undefined ? undefined : Math.min(100, Math.max(0, fraction * 100));
  return (
    <div className="grid grid-cols-[34px_1fr_auto] items-center gap-2 text-small text-ink-2">
      <span>{label}</span>
      <span
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(percent ?? 0)}
        aria-valuetext={percent === undefined ? "unknown" : text}
        className={classNames(
          "block h-1.5 overflow-hidden rounded-[3px] bg-[var(--n-100)] [[data-theme=dark]_&]:bg-line",
          percent === undefined && "hatch",
        )}
      >
        {percent !== undefined && (
          <span
            className={classNames("block h-full rounded-[3px]", fills[tone])}
            style={{ width: `${percent}%` }}
          />
        )}
      </span>
      <span
        className={classNames(
          "min-w-10 text-right font-medium",
          percent === undefined ? "text-ink-3" : "text-ink",
        )}
      >
        {percent === undefined ? "?" : text}
      </span>
    </div>
  );
}
