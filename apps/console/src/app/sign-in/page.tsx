import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { SignInPage } from "../../features/sign-in/sign-in-page.tsx";
import { getConsole } from "../../server/console.ts";

export const metadata: Metadata = { title: "Sign in" };

/** Asks the console's store only: it works while no node is reachable, and tells nothing about them. */
export default async function Page() {
  const { configuration, signIn } = await getConsole();
  if ((await signIn.personOf(new Headers(await headers()))) !== undefined) redirect("/");
  return (
    <SignInPage
      environment={configuration.environment}
      isFirstRun={await signIn.needsAdmin()}
      needsSetupCode={signIn.needsSetupCode}
    />
  );
}
