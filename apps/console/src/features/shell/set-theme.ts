"use server";

import { cookies } from "next/headers";
import { themeCookie, themes, type Theme } from "./theme.ts";

const yearSeconds = 365 * 24 * 3_600;

/** Remembers the theme in a cookie, so that the next page is right from its first byte. */
export async function setTheme(theme: Theme): Promise<void> {
  if (!themes.includes(theme)) return;
  const store = await cookies();
  store.set(themeCookie, theme, {
    maxAge: yearSeconds,
    sameSite: "lax",
    path: "/",
    httpOnly: true,
  });
}
