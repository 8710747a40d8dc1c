import { classNames } from "./class-names.tsx";

/** The mark: an H between two rails, in a hexagon. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 20 20"
      aria-hidden="true"
      className={classNames("size-5 flex-none", className)}
    >
      <path
        d="M10 1.2l7.6 4.4v8.8L10 18.8l-7.6-4.4V5.6z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinejoin="round"
      />
      <path
        d="M6.4 6.3v7.4M13.6 6.3v7.4M6.4 10h7.2"
        stroke="var(--s1)"
        strokeWidth="1.9"
        strokeLinecap="round"
      />
    </svg>
  );
}
