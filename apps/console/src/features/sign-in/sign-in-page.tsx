import type { ReactNode } from "react";
import { BrandMark } from "@holo-fusion/ui/brand";
import { EnvironmentLabel, EnvironmentStripe } from "@holo-fusion/ui/header";
import { Shape, type Tone } from "@holo-fusion/ui/shape";
import { FirstAdminForm, SignInForm } from "./forms.tsx";

const environmentFacts = {
  production: "This is production",
  staging: "This is staging",
  development: "This is a development cluster",
} as const;

export function SignInPage({
  environment,
  isFirstRun,
  needsSetupCode,
}: {
  environment: keyof typeof environmentFacts;
  isFirstRun: boolean;
  /** The first admin must enter the code from the console's data folder. */
  needsSetupCode: boolean;
}) {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr_auto]">
      <EnvironmentStripe />
      <header className="px-7 pt-[22px]">
        <span className="flex items-center gap-[9px] text-lead font-semibold tracking-[-0.01em]">
          <BrandMark /> HoloFusion
        </span>
      </header>
      <main className="m-auto grid w-full max-w-[1080px] items-center gap-7 px-6 py-8 medium:grid-cols-[minmax(0,1fr)_minmax(0,460px)] medium:gap-[72px]">
        <section>
          <div className="mb-2.5 flex">
            <EnvironmentLabel>{environment}</EnvironmentLabel>
          </div>
          <h1 className="mb-5 text-display font-semibold tracking-[-0.022em] text-balance">
            {isFirstRun ? "Set up the operator console" : "Sign in to the operator console"}
          </h1>
          <ul className="divide-y divide-line border-y border-line">
            <Fact tone="ok">The console is healthy</Fact>
            <Fact tone="ok">
              Sign-in does not use the database; it works while the cluster is down
            </Fact>
            <Fact tone="info">
              {isFirstRun
                ? "Nobody has an account yet; the first one is the admin"
                : "Every sign-in is recorded, refused ones too"}
            </Fact>
          </ul>
        </section>
        <section
          aria-labelledby="form-title"
          className="rounded-4 border border-line-strong bg-raised p-7 shadow-3 max-medium:order-first"
        >
          <h2
            id="form-title"
            className="mb-4 text-[18px] leading-[26px] font-semibold tracking-[-0.012em]"
          >
            {isFirstRun ? "Create the first admin" : "Sign in"}
          </h2>
          {isFirstRun ? <FirstAdminForm needsSetupCode={needsSetupCode} /> : <SignInForm />}
        </section>
      </main>
      <footer className="flex justify-center p-4 text-small text-ink-2">
        {environmentFacts[environment]}
      </footer>
    </div>
  );
}

function Fact({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <li className="flex items-baseline gap-3 py-[11px]">
      <Shape kind={tone} className="translate-y-px" />
      <span>{children}</span>
    </li>
  );
}
