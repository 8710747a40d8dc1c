import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { passwordLengthMin } from "../auth.ts";
import { operatorProcedure, publicProcedure, router } from "../trpc.ts";

const email = z.email("Enter an email address").max(320);
const passwordLengthMax = 128;

export const sessionRouter = router({
  me: operatorProcedure.query(({ ctx }) => ctx.person),

  /** Creates the first admin and signs them in; refused for ever after. */
  createAdmin: publicProcedure
    .input(
      z.object({
        name: z.string().trim().min(1, "Enter your name").max(100),
        email,
        password: z
          .string()
          .min(passwordLengthMin, `At least ${passwordLengthMin} characters`)
          .max(passwordLengthMax, `At most ${passwordLengthMax} characters`),
        setupCode: z.string().trim().max(100).optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const result = await ctx.signIn.createAdmin(input, ctx.caller);
      if (result.kind === "exists") {
        throw new TRPCError({ code: "CONFLICT", message: "The first admin exists; sign in" });
      }
      if (result.kind === "wrongSetupCode") {
        throw new TRPCError({
          code: "FORBIDDEN",
          message: "The setup code is not that of this console",
        });
      }
      ctx.setCookies(result.cookies);
    }),

  signIn: publicProcedure
    .input(z.object({ email, password: z.string().min(1).max(passwordLengthMax) }))
    .mutation(async ({ ctx, input }) => {
      const result = await ctx.signIn.signIn(input, ctx.caller);
      switch (result.kind) {
        case "signedIn":
          ctx.setCookies(result.cookies);
          return;
        case "refused":
          throw new TRPCError({
            code: "UNAUTHORIZED",
            message: "Email and password do not belong together",
          });
        case "limited":
          throw new TRPCError({
            code: "TOO_MANY_REQUESTS",
            message: `Too many refused attempts. Try again in ${Math.ceil(result.retryAfterSeconds / 60)} min.`,
          });
      }
    }),

  signOut: operatorProcedure.mutation(async ({ ctx }) => {
    const { cookies } = await ctx.signIn.signOut(ctx.person, ctx.caller);
    ctx.setCookies(cookies);
  }),
});
