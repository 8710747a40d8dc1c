import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { classNames } from "./class-names.tsx";

export const buttonStyle = cva(
  "inline-flex items-center justify-center gap-[7px] rounded-2 border leading-none font-medium whitespace-nowrap no-underline transition-colors duration-[120ms] ease-out hover:no-underline disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-ink-3 aria-disabled:cursor-not-allowed aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-ink-3 [&_svg]:size-4 [&_svg]:flex-none [&_svg]:stroke-[1.5]",
  {
    variants: {
      variant: {
        normal: "border-line-strong bg-surface text-ink hover:bg-hover",
        primary: "border-primary bg-primary text-primary-ink hover:bg-primary-hover",
        danger: "border-crit-solid bg-crit-solid text-ink-inverse",
        dangerOutline: "border-crit-line bg-surface text-crit-fg hover:bg-hover",
        ghost: "border-transparent bg-transparent text-ink-2 hover:bg-hover",
      },
      size: {
        normal: "h-9 px-3 text-body small:h-8",
        small: "h-[26px] px-[9px] text-small",
        large: "h-10 px-4 text-body",
        square: "size-9 p-0 small:size-8",
      },
    },
    defaultVariants: { variant: "normal", size: "normal" },
  },
);

export type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonStyle>;

export function Button({ variant, size, className, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={classNames(buttonStyle({ variant, size }), className)}
      {...rest}
    />
  );
}
