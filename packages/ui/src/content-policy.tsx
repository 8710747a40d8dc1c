"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import type { ReactNode } from "react";

/** Gives the components that bring a style element the nonce of the page's content security policy. */
export function ContentPolicy({
  nonce,
  children,
}: {
  nonce: string | undefined;
  children: ReactNode;
}) {
  return <CSPProvider nonce={nonce}>{children}</CSPProvider>;
}
