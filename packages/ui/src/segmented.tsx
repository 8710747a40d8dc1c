import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";

/** A row of alternatives, one chosen. Its items are buttons; the caller keeps the choice, usually in the URL. */
export function Segmented<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: Value;
  choices: readonly { readonly value: Value; readonly text: ReactNode }[];
  onChange: (value: Value) => void;
}) {
  return (
    <div
      role="group"
      aria-label={label}
      className="inline-flex rounded-2 border border-line bg-sunken p-0.5"
    >
      {choices.map((choice) => {
        const chosen = choice.value === value;
        return (
          <button
            key={choice.value}
            type="button"
            aria-pressed={chosen}
            onClick={() => onChange(choice.value)}
            className={classNames(
              "inline-flex h-7 items-center gap-1.5 rounded-1 px-2.5 text-small font-medium whitespace-nowrap text-ink-2 hover:text-ink small:h-6 [&_svg]:size-4 [&_svg]:stroke-[1.5]",
              chosen &&
                "bg-surface text-ink shadow-[0_0_0_1px_var(--line-strong)] [[data-theme=dark]_&]:bg-line",
            )}
          >
            {choice.text}
          </button>
        );
      })}
    </div>
  );
}
