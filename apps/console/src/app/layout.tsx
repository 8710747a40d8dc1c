import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";
import { ContentPolicy } from "@holo-fusion/ui/content-policy";
import { ToastProvider } from "@holo-fusion/ui/toast";
import { themeCookie, themeOf } from "../features/shell/theme.ts";
import { getConsole } from "../server/console.ts";
import { ApiProvider } from "../trpc/client.tsx";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "HoloFusion console", template: "%s · HoloFusion" },
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const requestHeaders = await headers();
  const theme = themeOf(
    (await cookies()).get(themeCookie)?.value,
    requestHeaders.get("sec-ch-prefers-color-scheme"),
  );
  const { configuration } = await getConsole();
  const nonce = requestHeaders.get("x-nonce") ?? undefined;
  return (
    <html lang="en" data-theme={theme} data-environment={configuration.environment}>
      <body>
        <ContentPolicy nonce={nonce}>
          <NuqsAdapter>
            <ApiProvider>
              <ToastProvider>{children}</ToastProvider>
            </ApiProvider>
          </NuqsAdapter>
        </ContentPolicy>
      </body>
    </html>
  );
}
