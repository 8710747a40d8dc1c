import { Fragment, type ReactNode } from "react";

/** Names and values of one object, two columns. */
export function Facts({
  items,
}: {
  items: readonly (readonly [name: string, value: ReactNode])[];
}) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-[5px]">
      {items.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-small leading-5 whitespace-nowrap text-ink-2">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
