import { classNames } from "./class-names.tsx";

/** A placeholder with the final geometry; invisible for the first 300 ms so that fast answers do not flash. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        "block animate-[appear_1ms_linear_300ms_both] rounded-1 bg-[var(--n-100)] [[data-theme=dark]_&]:bg-line",
        className,
      )}
    />
  );
}
