import type { ComponentProps } from "react";
import { classNames } from "./class-names.tsx";

export const inputStyle =
  "h-10 w-full min-w-0 rounded-2 border border-control-line bg-surface px-2.5 text-ink placeholder:text-ink-3 focus-visible:rounded-2 aria-invalid:border-crit-solid aria-invalid:shadow-[inset_0_0_0_1px_var(--crit-solid)] focus-visible:aria-invalid:shadow-focus disabled:border-line-strong disabled:bg-sunken disabled:text-ink-3 small:h-8";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={classNames(inputStyle, className)} {...rest} />;
}
