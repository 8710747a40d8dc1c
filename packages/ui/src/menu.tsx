"use client";

import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";

const item =
  "flex min-h-8 cursor-default items-center gap-2 rounded-1 px-2 py-1 outline-none data-[highlighted]:bg-hover [&_svg]:size-4";

/** A button that opens a list of choices or commands. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Base.Popup className="min-w-52 rounded-3 border border-line-strong bg-raised p-1 text-body shadow-2 outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <Base.Item className={item} onClick={onClick}>
      {children}
    </Base.Item>
  );
}

/** A choice of exactly one value, announced as radio buttons. */
export function MenuChoice({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-0.5 text-micro font-semibold text-ink-3">
        {label}
      </Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(next) => onChange(String(next))}>
        {choices.map((choice) => (
          <Base.RadioItem key={choice.value} value={choice.value} className={item} closeOnClick>
            <span className="w-4">
              <Base.RadioItemIndicator>
                <Check aria-hidden="true" />
              </Base.RadioItemIndicator>
            </span>
            {choice.text}
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}
