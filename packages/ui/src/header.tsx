import type { ReactNode } from "react";

/** The strip of colour above everything: which environment this is, seen before anything is read. */
export function EnvironmentStripe() {
  return <div aria-hidden="true" className="fixed inset-x-0 top-0 z-40 h-[3px] bg-env" />;
}

/** The word that goes with the stripe. */
export function EnvironmentLabel({ children }: { children: ReactNode }) {
  return (
    <b className="flex-none rounded-1 bg-env px-1.5 text-[10.5px] leading-[18px] font-bold tracking-[0.05em] text-env-ink uppercase">
      {children}
    </b>
  );
}

/** First in tab order: jumps over header and navigation. */
export function SkipLink() {
  return (
    <a
      href="#main"
      className="absolute -left-[999px] z-[99] bg-surface px-3 py-1.5 focus:top-2 focus:left-3"
    >
      Skip to content
    </a>
  );
}

export function Header({ children }: { children: ReactNode }) {
  return (
    <header className="sticky top-[3px] z-30 col-span-full flex h-[52px] items-center gap-1.5 border-b border-line bg-surface pr-2.5 pl-1.5 small:gap-2 small:pr-4 small:pl-0">
      {children}
    </header>
  );
}
