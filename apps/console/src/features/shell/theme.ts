export const themes = ["light", "dark"] as const;

export type Theme = (typeof themes)[number];

export const themeCookie = "holo-fusion.theme";

/** The theme the server renders: the person's choice, else what their system asks for, else light. */
export function themeOf(cookie: string | undefined, systemHint: string | null): Theme {
  return (
    themes.find((theme) => theme === cookie) ??
    themes.find((theme) => theme === systemHint) ??
    "light"
  );
}
