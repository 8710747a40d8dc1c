"use client";

import { Switch as Base } from "@base-ui/react/switch";

export function Switch({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <Base.Root
      aria-label={label}
      checked={checked}
      onCheckedChange={(next) => onChange(next)}
      className="relative inline-block h-[18px] w-8 flex-none rounded-full bg-control-line focus-visible:rounded-full data-[checked]:bg-primary"
    >
      <Base.Thumb className="absolute top-0.5 left-0.5 size-3.5 rounded-full bg-surface data-[checked]:left-4" />
    </Base.Root>
  );
}
