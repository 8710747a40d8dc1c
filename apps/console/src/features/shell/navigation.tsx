"use client";

import Link from "next/link";
import { useQueryStates } from "nuqs";
import { Icon } from "@holo-fusion/ui/icon";
import { NavCount, NavGroup, navLinkStyle } from "@holo-fusion/ui/nav";
import { useClusterView } from "../live/live.tsx";
import { pageGroups } from "./pages.ts";
import { sharedParameters } from "./search-parameters.ts";

/** Links to the pages there are, with the number of problems each would show. */
export function Navigation({
  path,
  collapsible = false,
  onNavigate,
}: {
  path: string;
  /** Icons only on narrow screens. */
  collapsible?: boolean;
  onNavigate?: () => void;
}) {
  const { problems } = useClusterView();
  const [{ tz }] = useQueryStates(sharedParameters);
  const query = tz === "UTC" ? "" : `?tz=${encodeURIComponent(tz)}`;
  const worst = problems.some((problem) => problem.tone === "crit") ? "crit" : "warn";
  return pageGroups.map((group) => (
    <NavGroup key={group.title} title={group.title} collapsible={collapsible}>
      {group.pages.map((page) => (
        <li key={page.path}>
          <Link
            href={`${page.path}${query}`}
            title={page.title}
            aria-current={page.path === path ? "page" : undefined}
            className={navLinkStyle(page.path === path)}
            {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
          >
            <Icon name={page.icon} />
            <span className={collapsible ? "max-large:sr-only" : ""}>{page.title}</span>
            {page.path === "/" && (
              <span className={collapsible ? "ml-auto max-large:hidden" : "ml-auto"}>
                <NavCount tone={worst} count={problems.length} />
              </span>
            )}
          </Link>
        </li>
      ))}
    </NavGroup>
  ));
}
