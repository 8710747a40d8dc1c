/** Lowest first; a role may do what those before it may. The table `role` holds the same names. */
export const roles = ["viewer", "responder", "operator", "admin"] as const;

export type Role = (typeof roles)[number];

export function isRole(text: unknown): text is Role {
  return roles.some((role) => role === text);
}

export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
