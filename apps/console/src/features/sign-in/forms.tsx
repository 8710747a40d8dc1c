"use client";

import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "@holo-fusion/ui/button";
import { Field } from "@holo-fusion/ui/field";
import { Input } from "@holo-fusion/ui/input";
import { Notice } from "@holo-fusion/ui/notice";
import { useTRPC } from "../../trpc/client.tsx";

/** As the server demands; said before sending, so that a short one costs no round trip. */
const passwordLengthMin = 12;

export function SignInForm() {
  const trpc = useTRPC();
  const signIn = useMutation(trpc.session.signIn.mutationOptions({ onSuccess: openConsole }));
  return (
    <form
      className="grid gap-3.5"
      onSubmit={(event) => {
        const values = valuesOf(event);
        signIn.mutate({ email: values("email"), password: values("password") });
      }}
    >
      {signIn.isError && (
        <Failure text={failureText(signIn.error.message, signIn.error.data?.code)} />
      )}
      <Field label="Email">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            required
            autoFocus
            className="h-10 small:h-10"
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            className="h-10 small:h-10"
          />
        )}
      </Field>
      <Button
        type="submit"
        variant="primary"
        className="mt-1 h-10 small:h-10"
        disabled={signIn.isPending || signIn.isSuccess}
      >
        {signIn.isPending || signIn.isSuccess ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}

export function FirstAdminForm({ needsSetupCode }: { needsSetupCode: boolean }) {
  const trpc = useTRPC();
  const [passwordFault, setPasswordFault] = useState<string>();
  const create = useMutation(trpc.session.createAdmin.mutationOptions({ onSuccess: openConsole }));
  return (
    <form
      className="grid gap-3.5"
      onSubmit={(event) => {
        const values = valuesOf(event);
        const password = values("password");
        const isShort = password.length < passwordLengthMin;
        setPasswordFault(isShort ? `At least ${passwordLengthMin} characters` : undefined);
        if (isShort) return;
        create.mutate({
          name: values("name"),
          email: values("email"),
          password,
          ...(needsSetupCode ? { setupCode: values("setupCode") } : {}),
        });
      }}
    >
      {create.isError && (
        <Failure text={failureText(create.error.message, create.error.data?.code)} />
      )}
      <Field label="Name">
        {(control) => (
          <Input
            {...control}
            name="name"
            autoComplete="name"
            required
            autoFocus
            className="h-10 small:h-10"
          />
        )}
      </Field>
      <Field label="Email" hint="You sign in with it; nothing is sent to it">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            required
            className="h-10 small:h-10"
          />
        )}
      </Field>
      <Field
        label="Password"
        hint={`${passwordLengthMin} characters or more`}
        error={passwordFault}
      >
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            className="h-10 small:h-10"
          />
        )}
      </Field>
      {needsSetupCode && (
        <Field label="Setup code" hint="In the file setup-code of the console's data folder">
          {(control) => (
            <Input
              {...control}
              name="setupCode"
              autoComplete="off"
              required
              className="h-10 font-mono small:h-10"
            />
          )}
        </Field>
      )}
      <Button
        type="submit"
        variant="primary"
        className="mt-1 h-10 small:h-10"
        disabled={create.isPending || create.isSuccess}
      >
        {create.isPending || create.isSuccess ? "Creating…" : "Create admin and sign in"}
      </Button>
    </form>
  );
}

function Failure({ text }: { text: string }) {
  return (
    <div role="alert">
      <Notice tone="crit" className="mb-0">
        {text}
      </Notice>
    </div>
  );
}

/** A refusal has its own words; without a code the request did not get to the console at all. */
function failureText(message: string, code: string | undefined): string {
  if (code === undefined) return "The console's server does not answer. Try again in a moment.";
  if (code === "BAD_REQUEST") return "Check the form: a value was not accepted.";
  return message;
}

/** A full load: everything the browser held belonged to nobody. */
function openConsole(): void {
  window.location.assign("/");
}

function valuesOf(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault();
  const data = new FormData(event.currentTarget);
  return (name) => {
    const value = data.get(name);
    return typeof value === "string" ? value : "";
  };
}
