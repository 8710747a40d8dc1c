import { NextResponse, type NextRequest } from "next/server";

/**
 * Security headers for every page. Scripts run only with this request's nonce; inline style
 * attributes are allowed, since popups and charts place themselves with them.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const isDevelopment = process.env.NODE_ENV === "development";
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    isDevelopment ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");

  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  // Lets the first page of a new visitor have the theme of their system.
  response.headers.set("accept-ch", "Sec-CH-Prefers-Color-Scheme");
  response.headers.set("critical-ch", "Sec-CH-Prefers-Color-Scheme");
  response.headers.set("vary", "Sec-CH-Prefers-Color-Scheme");
  return response;
}

export const config = { matcher: ["/((?!api/|_next/static|_next/image).*)"] };
