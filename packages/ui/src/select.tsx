"use client";

import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronDown } from "lucide-react";
import { classNames } from "./class-names.tsx";
import { inputStyle } from "./input.tsx";

/** One of a few values. */
export function Select({
  id,
  label,
  value,
  choices,
  onChange,
}: {
  id?: string;
  /** Read out when no visible label names the control. */
  label?: string;
  value: string;
  choices: readonly { readonly value: string; readonly text: string }[];
  onChange: (value: string) => void;
}) {
  return (
    <Base.Root
      value={value}
      items={choices.map((choice) => ({ value: choice.value, label: choice.text }))}
      onValueChange={(next) => next !== null && onChange(next)}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={classNames(inputStyle, "inline-flex items-center justify-between gap-2")}
      >
        <Base.Value />
        <Base.Icon>
          <ChevronDown aria-hidden="true" className="size-4" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <Base.Popup className="min-w-(--anchor-width) rounded-3 border border-line-strong bg-raised p-1 shadow-2">
            <Base.List>
              {choices.map((choice) => (
                <Base.Item
                  key={choice.value}
                  value={choice.value}
                  className="flex min-h-8 cursor-default items-center gap-2 rounded-1 px-2 outline-none data-[highlighted]:bg-hover"
                >
                  <span className="w-4">
                    <Base.ItemIndicator>
                      <Check aria-hidden="true" className="size-4" />
                    </Base.ItemIndicator>
                  </span>
                  <Base.ItemText>{choice.text}</Base.ItemText>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
