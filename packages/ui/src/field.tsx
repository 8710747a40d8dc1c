import { useId, type ReactElement, type ReactNode } from "react";
import { Shape } from "./shape.tsx";

/** What a control in a Field must be given so that its label, hint and error are announced with it. */
export interface FieldControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

/** A control with its label, a hint and, when its value is refused, the reason in words. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  children: (control: FieldControlProps) => ReactElement;
}) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [hint !== undefined && hintId, error !== undefined && errorId]
    .filter((part) => part !== false)
    .join(" ");
  return (
    <div className="grid gap-[5px]">
      <label htmlFor={id} className="text-small font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": describedBy === "" ? undefined : describedBy,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <span id={hintId} className="text-small text-ink-2">
          {hint}
        </span>
      )}
      {error !== undefined && (
        <span id={errorId} className="flex items-center gap-[5px] text-small text-crit-fg">
          <Shape kind="crit" />
          {error}
        </span>
      )}
    </div>
  );
}
